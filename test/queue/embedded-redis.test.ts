import { testQueue } from './contract.ts';

testQueue('redis');
