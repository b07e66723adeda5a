// Verifies credentials with @digitalbazaar/vc, offline: reads {documents, cases} from standard input, writes one answer
// a case. `documents` are all the addresses that may be asked for; any other is refused.
import {readFileSync} from 'node:fs';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';

const {documents, cases} = JSON.parse(readFileSync(0, 'utf8'));

function reasons(error) {
  const causes = error?.errors ?? error?.cause ?? [];
  return [error?.message, ...[causes].flat().map(one => one?.message)].filter(Boolean).join('; ');
}

const answers = {};
for(const [name, {credential, did, statusList}] of Object.entries(cases)) {
  const suite = new DataIntegrityProof({cryptosuite});
  const known = {...documents, [did.id]: did, [statusList.id]: statusList};
  for(const method of did.verificationMethod) {
    known[method.id] = {'@context': 'https://w3id.org/security/multikey/v1', ...method};
  }
  async function documentLoader(url) {
    if(!Object.hasOwn(known, url)) {
      throw new Error(`not among the documents: ${url}`);
    }
    return {contextUrl: null, documentUrl: url, document: known[url]};
  }
  try {
    const result = await vc.verifyCredential({credential, suite, documentLoader, checkStatus});
    // The library says `verified` of a revoked credential: the caller reads the status.
    const statuses = result.statusResult?.results ?? [];
    const revoked = statuses.some(one => one.status);
    const checked = statuses.length > 0;
    answers[name] = {
      accepted: result.verified && checked && !revoked, signed: result.verified, revoked,
      reason: reasons(result.error)
    };
  } catch(error) {
    answers[name] = {accepted: false, signed: false, revoked: false, reason: reasons(error)};
  }
}
process.stdout.write(JSON.stringify(answers));
