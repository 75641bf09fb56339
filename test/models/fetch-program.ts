/** Fetches an artifact and says its digest; a process of its own, as each worker of a host is. */
import { fetchArtifact } from '../../src/models/remote-artifact.ts';

const { sha256 } = await fetchArtifact(process.argv[2]);
console.log(sha256);
