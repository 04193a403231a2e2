// @sigstore/bundle and @sigstore/verify, what npm checks provenance with: reads bundles, and verifies them with a key.

import { createRequire } from "node:module";
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";

// NODE_PATH is for `require` only.
const require = createRequire(import.meta.url);
const { bundleFromJSON } = require("@sigstore/bundle");
const { toSignedEntity, toTrustMaterial, Verifier } = require("@sigstore/verify");

const nobody = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const thresholds = { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 };

function accepts({ bundle, pem, hint }) {
  const key = { publicKey: createPublicKey(pem), validFor: () => true };
  const keys = (asked) => {
    if (asked !== hint) throw new Error(`another hint: ${asked}`);
    return key;
  };
  try {
    new Verifier(toTrustMaterial(nobody, keys), thresholds).verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle))));
    return true;
  } catch (error) {
    if (error.code === "SIGNATURE_ERROR") return false;
    throw error;
  }
}

const question = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(question.map(accepts)));
