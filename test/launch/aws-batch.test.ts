import { openBatch } from '../../src/launch/aws-batch.ts';
import { anyCredentials, startMoto, withoutMoto } from '../storage/moto.ts';
import { batchRegion, makeBatch } from './moto-batch.ts';
import { testPlatform } from './platform-contract.ts';

testPlatform('AWS Batch', {
  skip: withoutMoto,
  open: async () => {
    const moto = await startMoto();
    Object.assign(process.env, anyCredentials, {
      AWS_REGION: batchRegion,
      AWS_ENDPOINT_URL_BATCH: moto.endpoint,
    });
    return {
      platform: await openBatch({ name: 'topfive' }),
      empty: await openBatch({ name: 'absent' }),
      ...(await makeBatch(moto)),
      close: moto.stop,
    };
  },
});
