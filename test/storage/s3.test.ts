import { randomUUID } from 'node:crypto';
import { after, before } from 'node:test';
import { openS3 } from '../../src/storage/s3-storage.ts';
import { storageContract } from './contract.ts';
import { anyCredentials, type Moto, makeBucket, startMoto, withoutMoto } from './moto.ts';

let moto: Moto;

before(async () => {
  if (withoutMoto) return;
  moto = await startMoto();
  Object.assign(process.env, anyCredentials, { TOPFIVE_S3_ENDPOINT: moto.endpoint });
  await makeBucket(moto.endpoint, 'bucket');
});

after(() => moto?.stop());

storageContract('s3', {
  skip: withoutMoto,
  open: async () => {
    const uri = `s3://bucket/${randomUUID()}/a prefix`;
    return { storage: openS3(uri), again: () => openS3(uri), close: async () => {} };
  },
});
