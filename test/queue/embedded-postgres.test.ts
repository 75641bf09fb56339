import { testQueue } from './contract.ts';

testQueue('postgres');
