/** The contract on any S3 server: TOPFIVE_TEST_S3=s3://bucket/prefix, with the settings and credentials of topfive itself. */
import { randomUUID } from 'node:crypto';
import { openS3 } from '../../src/storage/s3-storage.ts';
import { storageContract } from './contract.ts';

const place = process.env.TOPFIVE_TEST_S3;

storageContract('S3 of TOPFIVE_TEST_S3', {
  skip: place ? false : 'TOPFIVE_TEST_S3 names no place',
  open: async () => {
    const uri = `${place}/topfive-test-${randomUUID()}`;
    const storage = openS3(uri);
    const close = async () => {
      for await (const { key } of storage.list('')) await storage.delete(key);
    };
    return { storage, again: () => openS3(uri), close };
  },
});
