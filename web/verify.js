// Verifies overt's evidence: signed records, proofs that a log holds them, revealed samples, proofs of a fork.
//
//   import { verify } from './verify.js';
//   const report = await verify(bytesOrText, { policy: policyText, trust: trustText });
//
// One file without dependencies for browsers and for Node 20, written from the specifications and not from overt's other
// verifier, so that the two can check one another. Nothing is fetched; whatever the input is, the answer is a report.
// The formats are in docs/design/evidence.md; the section that a function follows is named above it.
//
// On the command line:  node verify.js FILE [--policy FILE] [--trust FILE] [--json]
// exit status 0: verified; 1: a check failed; 2: the question could not be read.

const MIB = 1024 * 1024;

/** The most bytes of a file that are read. */
const MAX_FILE = 16 * MIB;
/** The most bytes of a record's payload. */
const MAX_PAYLOAD = 4 * MIB;
/** How deep arrays and objects may nest: `[[]]` is two deep. */
const MAX_DEPTH = 64;
/** Most lines of signatures under a note, and most bytes of one (C2SP signed-note asks for at least 16 lines). */
const MAX_SIGNATURES = 64;
const MAX_NOTE = MIB;
/** The most bytes of a log entry. */
const MAX_ENTRY = 1024;
/** The most records that a record points to. */
const MAX_REFS = 8;
/** The most hashes that a Merkle proof over 64-bit sizes can have. */
const MAX_PROOF_HASHES = 64;
/** The most bytes of the data that stand beside a proof. */
const MAX_EXTRA = 65536;

/** What a check says when it fails: for people, without a stack. */
class Refusal extends Error {}

const refuse = (message) => {
  throw new Refusal(message);
};

const check = (condition, message) => {
  if (!condition) refuse(message);
};

// ---------------------------------------------------------------------------------------------------------------------
// Bytes and texts

const utf8 = new TextEncoder();

/** Bytes of one or more pieces; strings count in UTF-8. */
function bytes(...pieces) {
  const parts = pieces.map((piece) => (typeof piece === 'string' ? utf8.encode(piece) : piece));
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** The text that bytes are in UTF-8; a byte order mark stays, so that no two files are the same text. */
function textOf(octets, what) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return refuse(`${what} is not UTF-8 text`);
  }
}

const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

const hex = (octets) => Array.from(octets, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The bytes of a digest: 64 lower-case hexadecimal digits. */
function digestOf(text, what) {
  check(isDigest(text), `${what} is not a SHA-256 digest of 64 lower-case hexadecimal digits`);
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

const isDigest = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64_VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) BASE64_VALUES[BASE64.charCodeAt(i)] = i;

/** Standard base64 (RFC 4648, section 4) with padding and zero bits at the end: each value has one spelling. */
function fromBase64(text, what) {
  const bad = () => refuse(`${what} is not standard base64 with padding`);
  if (typeof text !== 'string' || text.length % 4 !== 0) bad();
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const letters = text.length - padding;
  const decoded = new Uint8Array((text.length / 4) * 3 - padding);
  let [buffer, bits, at] = [0, 0, 0];
  for (let i = 0; i < letters; i++) {
    const value = BASE64_VALUES[text.charCodeAt(i)] ?? -1;
    if (value < 0) bad();
    buffer = ((buffer << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      decoded[at++] = buffer >> bits;
      buffer &= (1 << bits) - 1;
    }
  }
  if (buffer !== 0) bad();
  return decoded;
}

function toBase64(octets) {
  let text = '';
  for (let i = 0; i < octets.length; i += 3) {
    const group = (octets[i] << 16) | ((octets[i + 1] ?? 0) << 8) | (octets[i + 2] ?? 0);
    text += BASE64[group >> 18] + BASE64[(group >> 12) & 63] + BASE64[(group >> 6) & 63] + BASE64[group & 63];
  }
  const missing = (3 - (octets.length % 3)) % 3;
  return missing ? text.slice(0, -missing) + '='.repeat(missing) : text;
}

/** A 64-bit number, big-endian. */
function u64(value) {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, value);
  return octets;
}

const readU32 = (octets, at) => new DataView(octets.buffer, octets.byteOffset).getUint32(at);
const readU64 = (octets, at) => new DataView(octets.buffer, octets.byteOffset).getBigUint64(at);

/** A whole number below 2^64 in decimal digits without leading zeros. */
function decimal(text, what) {
  check(/^(0|[1-9][0-9]{0,19})$/.test(text), `${what} is not a whole number without leading zeros: ${quoted(text)}`);
  const value = BigInt(text);
  check(value < 1n << 64n, `${what} is too large: ${text}`);
  return value;
}

/**
 * A text of strangers, safe to show: control characters and those that turn the direction of writing around or are not
 * seen become visible escapes.
 */
function shown(text) {
  const written = typeof text === 'string' ? text : (JSON.stringify(text) ?? 'nothing');
  const clipped = [...written.slice(0, 400)].slice(0, 200).join('');
  return clipped.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu,
    (c) => `\\u{${c.codePointAt(0).toString(16)}}`,
  );
}

const quoted = (text) => `“${shown(text)}”`;

// ---------------------------------------------------------------------------------------------------------------------
// JSON that every program reads alike (RFC 8259, RFC 7493, RFC 8785)

/**
 * Reads JSON without a key twice in one object, at most 64 deep, without half surrogate pairs. Numbers are integers
 * within ±(2^53 - 1), or with `finite` any finite number.
 */
function parseJson(text, { what, finite = false }) {
  let at = 0;
  const fail = (message) => refuse(`${what} is not JSON that every program reads alike: ${message} at character ${at}`);
  const space = () => {
    while (at < text.length && ' \t\n\r'.includes(text[at])) at += 1;
  };
  const expect = (character) => {
    if (text[at] !== character) fail(`expected ${character}`);
    at += 1;
  };

  const string = () => {
    const start = at;
    expect('"');
    let escaped = false;
    for (; text[at] !== '"'; at += 1) {
      if (at >= text.length) fail('a string without end');
      if (text.charCodeAt(at) < 0x20) fail('a control character');
      if (text[at] === '\\') {
        escaped = true;
        at += 1;
        if (!/^(["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(at, at + 5))) fail('an unknown escape');
      }
    }
    at += 1;
    // What remains is exactly a JSON string, and its escapes are JavaScript's own.
    const value = escaped ? JSON.parse(text.slice(start, at)) : text.slice(start + 1, at - 1);
    if (!value.isWellFormed?.() && /\p{Surrogate}/u.test(value)) fail('half a surrogate pair');
    return value;
  };

  const number = () => {
    const [token] =
      /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/.exec(text.slice(at, at + 1100)) ?? fail('no value');
    if (/^[0-9.eE+-]/.test(text.slice(at + token.length, at + token.length + 1))) fail('a malformed number');
    const value = Number(token);
    const safe = /^(0|-?[1-9][0-9]*)$/.test(token) && Number.isSafeInteger(value);
    if (!safe && !(finite && Number.isFinite(value))) {
      fail('a number that is not an integer within ±(2^53 - 1); decimals and larger integers are written as strings');
    }
    at += token.length;
    return value;
  };

  const list = (close, depth, item) => {
    if (depth === MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH}`);
    at += 1;
    space();
    if (text[at] === close) return void (at += 1);
    for (;;) {
      space();
      item();
      space();
      if (text[at] === close) return void (at += 1);
      expect(',');
    }
  };

  const value = (depth) => {
    for (const [word, meaning] of [
      ['null', null],
      ['true', true],
      ['false', false],
    ]) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    if (text[at] === '"') return string();
    if (text[at] === '[') {
      const array = [];
      list(']', depth, () => array.push(value(depth + 1)));
      return array;
    }
    if (text[at] === '{') {
      // No prototype: a key such as `__proto__` is a key like any other.
      const object = Object.create(null);
      list('}', depth, () => {
        const key = string();
        if (key in object) fail(`the key ${quoted(key)} stands twice`);
        space();
        expect(':');
        space();
        object[key] = value(depth + 1);
      });
      return object;
    }
    return number();
  };

  space();
  const parsed = value(0);
  space();
  if (at < text.length) fail('something after the end');
  return parsed;
}

/** The one spelling of a JSON value (RFC 8785): keys sorted by UTF-16 code units, numbers as ECMAScript writes them. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(',')}}`;
}

/** Reads what overt signs: strict JSON in its one spelling. */
function parseCanonical(octets, { what, limit }) {
  check(octets.length <= limit, `${what} has ${octets.length} bytes; at most ${limit} are read`);
  const text = textOf(octets, what);
  const value = parseJson(text, { what });
  check(canonical(value) === text, `${what} is not canonical JSON (RFC 8785); whoever signs writes it canonically`);
  return value;
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isText = (value) => typeof value === 'string';
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

/** The object, if it has the required keys and no others than those named. */
function members(value, required, optional, what) {
  check(isObject(value), `${what} is not an object`);
  for (const key of required) check(key in value, `${what} has no ${quoted(key)}`);
  for (const key of Object.keys(value)) {
    check(required.includes(key) || optional.includes(key), `${what} has an unknown key ${quoted(key)}`);
  }
  return value;
}

// ---------------------------------------------------------------------------------------------------------------------
// Hashes and Merkle trees (RFC 6962, section 2.1; checks as in RFC 9162, section 2.1.3.2)

const sha256 = async (...pieces) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes(...pieces)));
const leafHash = (entry) => sha256(Uint8Array.of(0), entry);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

/** The root that a proof leads to from a leaf, or a refusal when the proof has not the length that it must have. */
async function rootFromInclusion({ index, size, leaf, path }) {
  check(index < size, `the index ${index} is not inside a tree of ${size} entries`);
  let [node, last, hash] = [index, size - 1n, leaf];
  for (const sibling of path) {
    check(last > 0n, 'the inclusion proof has more hashes than the tree is high');
    if (node & 1n || node === last) {
      hash = await nodeHash(sibling, hash);
      while (!(node & 1n) && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else {
      hash = await nodeHash(hash, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  check(last === 0n, 'the inclusion proof has fewer hashes than the tree is high');
  return hash;
}

// ---------------------------------------------------------------------------------------------------------------------
// ML-DSA-44 (FIPS 204), verification only: WebCrypto has none yet. Names are those of the standard.

const Q = 8380417;
const [K, L, TAU, OMEGA, GAMMA1, GAMMA2, BETA, D] = [4, 4, 39, 80, 1 << 17, (Q - 1) / 88, 78, 13];
const MLDSA_KEY = 1312;
const MLDSA_SIGNATURE = 2420;

/** The round constants of Keccak-f[1600] as pairs of 32-bit halves, from the shift register of FIPS 202, section 3.2.5. */
const KECCAK_ROUNDS = Array.from({ length: 24 }, (_, round) => {
  const constant = [0, 0];
  for (let j = 0; j <= 6; j++) {
    let register = 1;
    for (let t = 0; t < (j + 7 * round) % 255; t++) register = (register << 1) ^ (register >> 7 ? 0x171 : 0);
    const bit = 2 ** j - 1;
    if (register & 1) constant[bit >> 5] |= 1 << (bit & 31);
  }
  return constant;
});

/** Where each lane goes and how far it turns (FIPS 202, sections 3.2.2 and 3.2.3). */
const KECCAK_MOVES = (() => {
  const moves = [];
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    const from = x + 5 * y;
    [x, y] = [y, (2 * x + 3 * y) % 5];
    moves.push({ from, to: x + 5 * y, turn: (((t + 1) * (t + 2)) / 2) % 64 });
  }
  return moves;
})();

/** Lane i of the state is `low[i]` and `high[i]`. */
function keccak(low, high) {
  const [lows, highs] = [new Int32Array(25), new Int32Array(25)];
  const [columnLow, columnHigh] = [new Int32Array(5), new Int32Array(5)];
  for (const [roundLow, roundHigh] of KECCAK_ROUNDS) {
    for (let x = 0; x < 5; x++) {
      columnLow[x] = low[x] ^ low[x + 5] ^ low[x + 10] ^ low[x + 15] ^ low[x + 20];
      columnHigh[x] = high[x] ^ high[x + 5] ^ high[x + 10] ^ high[x + 15] ^ high[x + 20];
    }
    for (let i = 0; i < 25; i++) {
      const [before, after] = [(i + 4) % 5, (i + 1) % 5];
      low[i] ^= columnLow[before] ^ ((columnLow[after] << 1) | (columnHigh[after] >>> 31));
      high[i] ^= columnHigh[before] ^ ((columnHigh[after] << 1) | (columnLow[after] >>> 31));
    }
    [lows[0], highs[0]] = [low[0], high[0]];
    for (const { from, to, turn } of KECCAK_MOVES) {
      const [a, b] = turn < 32 ? [low[from], high[from]] : [high[from], low[from]];
      const by = turn & 31;
      lows[to] = by ? (a << by) | (b >>> (32 - by)) : a;
      highs[to] = by ? (b << by) | (a >>> (32 - by)) : b;
    }
    for (let i = 0; i < 25; i++) {
      const row = i - (i % 5);
      const [next, second] = [row + ((i + 1) % 5), row + ((i + 2) % 5)];
      low[i] = lows[i] ^ (~lows[next] & lows[second]);
      high[i] = highs[i] ^ (~highs[next] & highs[second]);
    }
    low[0] ^= roundLow;
    high[0] ^= roundHigh;
  }
}

/** SHAKE (FIPS 202, section 6.2) over an input: yields its output byte by byte. Rate 168 is SHAKE128, 136 is SHAKE256. */
function* shake(rate, input) {
  const padded = bytes(input, new Uint8Array(rate - (input.length % rate)));
  padded[input.length] ^= 0x1f;
  padded[padded.length - 1] ^= 0x80;
  const [low, high] = [new Int32Array(25), new Int32Array(25)];
  const words = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += rate) {
    for (let lane = 0; lane < rate / 8; lane++) {
      low[lane] ^= words.getInt32(block + 8 * lane, true);
      high[lane] ^= words.getInt32(block + 8 * lane + 4, true);
    }
    keccak(low, high);
  }
  for (;;) {
    for (let at = 0; at < rate; at++) {
      const half = at & 4 ? high[at >> 3] : low[at >> 3];
      yield (half >>> (8 * (at & 3))) & 0xff;
    }
    keccak(low, high);
  }
}

function take(source, length) {
  return Uint8Array.from({ length }, () => source.next().value);
}

const shake256 = (input, length) => take(shake(136, input), length);

/** Powers of the root of unity 1753 in bit-reversed order (FIPS 204, appendix B). */
const ZETAS = (() => {
  const powers = [1];
  for (let i = 1; i < 256; i++) powers.push((powers[i - 1] * 1753) % Q);
  const reversed = (i) => parseInt(i.toString(2).padStart(8, '0').split('').reverse().join(''), 2);
  return powers.map((_, i) => powers[reversed(i)]);
})();

/** Algorithm 41. Coefficients stay in 0..Q; products stay below 2^53. */
function ntt(polynomial) {
  const w = polynomial.slice();
  let m = 0;
  for (let length = 128; length >= 1; length /= 2) {
    for (let start = 0; start < 256; start += 2 * length) {
      const zeta = ZETAS[++m];
      for (let j = start; j < start + length; j++) {
        const t = (zeta * w[j + length]) % Q;
        w[j + length] = (w[j] - t + Q) % Q;
        w[j] = (w[j] + t) % Q;
      }
    }
  }
  return w;
}

/** Algorithm 42. */
function inverseNtt(polynomial) {
  const w = polynomial.slice();
  let m = 256;
  for (let length = 1; length < 256; length *= 2) {
    for (let start = 0; start < 256; start += 2 * length) {
      const zeta = Q - ZETAS[--m];
      for (let j = start; j < start + length; j++) {
        const t = w[j];
        w[j] = (t + w[j + length]) % Q;
        w[j + length] = (zeta * (t - w[j + length] + Q)) % Q;
      }
    }
  }
  return w.map((coefficient) => (coefficient * 8347681) % Q);
}

/** 256 numbers of so many bits each, least significant bit first (algorithms 18 and 19). */
function unpack(octets, bits) {
  const numbers = [];
  let [buffer, filled] = [0, 0];
  for (const octet of octets) {
    buffer += octet * 2 ** filled;
    filled += 8;
    while (filled >= bits) {
      numbers.push(buffer % 2 ** bits);
      buffer = Math.floor(buffer / 2 ** bits);
      filled -= bits;
    }
  }
  return numbers;
}

/** Algorithm 30: a polynomial of the matrix, by rejection. */
function uniform(rho, column, row) {
  const source = shake(168, bytes(rho, Uint8Array.of(column, row)));
  const polynomial = [];
  while (polynomial.length < 256) {
    const [a, b, c] = take(source, 3);
    const candidate = a | (b << 8) | ((c & 0x7f) << 16);
    if (candidate < Q) polynomial.push(candidate);
  }
  return polynomial;
}

/** Algorithm 29: the challenge, with TAU coefficients ±1. */
function sampleInBall(seed) {
  const source = shake(136, seed);
  const signs = take(source, 8);
  const c = new Array(256).fill(0);
  for (let i = 256 - TAU; i < 256; i++) {
    let j = source.next().value;
    while (j > i) j = source.next().value;
    c[i] = c[j];
    const turn = i + TAU - 256;
    c[j] = (signs[turn >> 3] >> (turn & 7)) & 1 ? Q - 1 : 1;
  }
  return c;
}

/** Algorithm 21: the hints, or null if they are not in their one spelling. */
function unpackHints(octets) {
  const hints = Array.from({ length: K }, () => new Array(256).fill(0));
  let index = 0;
  for (let i = 0; i < K; i++) {
    const end = octets[OMEGA + i];
    if (end < index || end > OMEGA) return null;
    for (const first = index; index < end; index++) {
      if (index > first && octets[index - 1] >= octets[index]) return null;
      hints[i][octets[index]] = 1;
    }
  }
  return octets.subarray(index, OMEGA).some((octet) => octet !== 0) ? null : hints;
}

/** Algorithm 40: the high bits of r, corrected by a hint. */
function useHint(hint, r) {
  let low = r % (2 * GAMMA2);
  if (low > GAMMA2) low -= 2 * GAMMA2;
  const top = r - low === Q - 1;
  const high = top ? 0 : (r - low) / (2 * GAMMA2);
  if (!hint) return high;
  return (high + ((top ? low - 1 : low) > 0 ? 1 : 43)) % 44;
}

/** Algorithms 3 and 8 with an empty context. */
function verifyMlDsa44(key, signature, message) {
  if (key.length !== MLDSA_KEY || signature.length !== MLDSA_SIGNATURE) return false;
  const rho = key.subarray(0, 32);
  const challenge = signature.subarray(0, 32);
  const z = [];
  for (let i = 0; i < L; i++) {
    const polynomial = unpack(signature.subarray(32 + 576 * i, 32 + 576 * (i + 1)), 18).map((n) => GAMMA1 - n);
    if (polynomial.some((coefficient) => Math.abs(coefficient) >= GAMMA1 - BETA)) return false;
    z.push(ntt(polynomial.map((coefficient) => (coefficient + Q) % Q)));
  }
  const hints = unpackHints(signature.subarray(32 + 576 * L));
  if (hints === null) return false;
  const c = ntt(sampleInBall(challenge));
  const high = [];
  for (let row = 0; row < K; row++) {
    const t1 = unpack(key.subarray(32 + 320 * row, 32 + 320 * (row + 1)), 10);
    const t = ntt(t1.map((coefficient) => coefficient * 2 ** D));
    const sum = t.map((coefficient, i) => Q - ((c[i] * coefficient) % Q));
    for (let column = 0; column < L; column++) {
      const a = uniform(rho, column, row);
      for (let i = 0; i < 256; i++) sum[i] = (sum[i] + a[i] * z[column][i]) % Q;
    }
    const w = inverseNtt(sum).map((r, i) => useHint(hints[row][i], r));
    for (let i = 0; i < 256; i += 4) {
      const word = w[i] | (w[i + 1] << 6) | (w[i + 2] << 12) | (w[i + 3] << 18);
      high.push(word & 0xff, (word >> 8) & 0xff, word >> 16);
    }
  }
  const mu = shake256(bytes(shake256(key, 64), Uint8Array.of(0, 0), message), 64);
  return equal(challenge, shake256(bytes(mu, Uint8Array.from(high)), 32));
}

// ---------------------------------------------------------------------------------------------------------------------
// Keys and signatures (docs/design/evidence.md, "Signature")

const ED25519_SPKI = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);
const P256_SPKI = Uint8Array.of(
  0x30,
  0x59,
  0x30,
  0x13,
  0x06,
  0x07,
  0x2a,
  0x86,
  0x48,
  0xce,
  0x3d,
  0x02,
  0x01,
  0x06,
  0x08,
  0x2a,
  0x86,
  0x48,
  0xce,
  0x3d,
  0x03,
  0x01,
  0x07,
  0x03,
  0x42,
  0x00,
);

const P = 2n ** 255n - 19n;
const modulo = (n) => ((n % P) + P) % P;

function power(base, exponent) {
  let [result, square] = [1n, modulo(base)];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

const EDWARDS_D = modulo(-121665n * power(121666n, P - 2n));

/**
 * Whether 32 bytes are a point of Ed25519 in its one spelling and not of small order: only such a key, and such a first
 * half of a signature, means the same to every verifier (RFC 8032, section 5.1.3).
 */
function isSoundPoint(octets) {
  const number = octets.reduceRight((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  const y = number & (2n ** 255n - 1n);
  if (y >= P) return false;
  const square = modulo((y * y - 1n) * power(EDWARDS_D * y * y + 1n, P - 2n));
  // Points of order 1, 2 and 4 have x = 0 or y = 0; those of order 8 double to a point of order 4, whose y is 0:
  // 2(x, y) has y = (y² + x²) / (1 − d x² y²).
  if (square === 0n || y === 0n || modulo(y * y + square) === 0n) return false;
  return power(square, (P - 1n) / 2n) === 1n;
}

const P256_P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** Whether 65 bytes are an uncompressed point of P-256 (SEC 1, section 2.3.4). */
function isP256Point(octets) {
  if (octets.length !== 65 || octets[0] !== 4) return false;
  const [x, y] = [octets.subarray(1, 33), octets.subarray(33)].map((half) => BigInt(`0x${hex(half)}`));
  return x < P256_P && y < P256_P && (y * y - (x * x * x - 3n * x + P256_B)) % P256_P === 0n;
}

/** A public key: base64 of the DER of its SubjectPublicKeyInfo, which has one spelling here. */
function publicKey(encoded, what) {
  const der = fromBase64(encoded, what);
  for (const [kind, prefix, isPoint] of [
    ['Ed25519', ED25519_SPKI, isEd25519Point],
    ['ECDSA P-256', P256_SPKI, isP256Point],
  ]) {
    const point = der.subarray(prefix.length);
    if (!equal(der.subarray(0, prefix.length), prefix)) continue;
    check(isPoint(point), `${what} is no sound ${kind} key`);
    return { kind, point, encoded, id: async () => hex(await sha256(der)) };
  }
  return refuse(`${what} is neither an Ed25519 key nor an ECDSA P-256 key`);
}

const isEd25519Point = (octets) => octets.length === 32 && isSoundPoint(octets);

async function verifyEd25519(point, signature, message) {
  if (signature.length !== 64 || !isSoundPoint(signature.subarray(0, 32))) return false;
  const key = await crypto.subtle.importKey('raw', point, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'Ed25519' }, key, signature, message);
}

/** The raw 64 bytes of an ECDSA signature in DER; null if it is not in DER's one spelling. */
function rawOfDer(der) {
  const raw = new Uint8Array(64);
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1];
    const number = der.subarray(at + 2, at + 2 + length);
    const padded = number[0] === 0 && number.length > 1;
    if (der[at] !== 0x02 || length === 0 || number.length !== length) return null;
    if (number[0] & 0x80 || (padded && !(number[1] & 0x80)) || length - (padded ? 1 : 0) > 32) return null;
    raw.set(padded ? number.subarray(1) : number, end - length + (padded ? 1 : 0));
    at += 2 + length;
  }
  return at === der.length ? raw : null;
}

async function verifyP256(point, der, message) {
  const raw = rawOfDer(der);
  return raw !== null && verifyRawP256(point, raw, message);
}

async function verifyRawP256(point, raw, message) {
  const key = await crypto.subtle.importKey('raw', point, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, raw, message);
}

/** Checks a signature by the key itself, or by `ssh-keygen` with the key. */
function verifyAny(key, signature, message) {
  if (equal(signature.subarray(0, SSHSIG.length), SSHSIG)) return verifySshSignature(key, signature, message);
  return key.kind === 'Ed25519'
    ? verifyEd25519(key.point, signature, message)
    : verifyP256(key.point, signature, message);
}

/** Reads SSH's strings: a length of four bytes and so many bytes (RFC 4251, section 5). */
function sshReader(octets, what) {
  let at = 0;
  const next = (length) => {
    check(at + length <= octets.length, `${what} ends too early`);
    at += length;
    return octets.subarray(at - length, at);
  };
  return {
    next,
    string: () => next(readU32(next(4), 0)),
    text: () => textOf(next(readU32(next(4), 0)), what),
    end: () => check(at === octets.length, `${what} has bytes after its end`),
  };
}

const SSHSIG = utf8.encode('SSHSIG');
const SSH_NAMESPACE = 'overt-dsse-v1';

/** A signature of `ssh-keygen -Y sign -n overt-dsse-v1` (OpenSSH's PROTOCOL.sshsig). */
async function verifySshSignature(issuer, blob, message) {
  const outer = sshReader(blob, 'the SSH signature');
  outer.next(SSHSIG.length);
  check(readU32(outer.next(4), 0) === 1, 'the SSH signature has an unknown version');
  const key = sshReader(outer.string(), 'the key of the SSH signature');
  const namespace = outer.text();
  check(namespace === SSH_NAMESPACE, `the SSH signature is for ${quoted(namespace)} and not for ${SSH_NAMESPACE}`);
  outer.string(); // Reserved: ignored, and signed as if it were empty, as OpenSSH does.
  const hash = outer.text();
  check(hash === 'sha512' || hash === 'sha256', `the SSH signature uses the hash ${quoted(hash)}`);
  const signature = sshReader(outer.string(), 'the SSH signature');
  outer.end();

  const type = key.text();
  const expected = issuer.kind === 'Ed25519' ? 'ssh-ed25519' : 'ecdsa-sha2-nistp256';
  check(type === expected, `the SSH signature is of the type ${quoted(type)}, which is not that of the issuer's key`);
  if (issuer.kind !== 'Ed25519') check(key.text() === 'nistp256', 'the key of the SSH signature has an unknown curve');
  check(equal(key.string(), issuer.point), "the key of the SSH signature is not the issuer's");
  key.end();
  check(signature.text() === type, 'the SSH signature names another algorithm than its key');

  const digest = await crypto.subtle.digest(hash === 'sha512' ? 'SHA-512' : 'SHA-256', message);
  const signed = bytes(
    SSHSIG,
    ...[utf8.encode(namespace), new Uint8Array(0), utf8.encode(hash), new Uint8Array(digest)].flatMap(sshString),
  );
  const value = signature.string();
  signature.end();
  if (issuer.kind === 'Ed25519') return verifyEd25519(issuer.point, value, signed);
  const raw = rawOfSsh(value);
  return raw !== null && verifyRawP256(issuer.point, raw, signed);
}

const sshString = (octets) => [u64(BigInt(octets.length)).subarray(4), octets];

/** The raw 64 bytes of an ECDSA signature as SSH writes it: two positive mpints (RFC 5656, section 3.1.2). */
function rawOfSsh(octets) {
  const reader = sshReader(octets, 'the SSH signature');
  const raw = new Uint8Array(64);
  for (const end of [32, 64]) {
    const number = reader.string();
    const padded = number[0] === 0;
    const digits = padded ? number.subarray(1) : number;
    if (number.length === 0 || number[0] & 0x80 || (padded && !(digits[0] & 0x80)) || digits.length > 32) return null;
    raw.set(digits, end - digits.length);
  }
  reader.end();
  return raw;
}

/** DSSE's pre-authentication encoding (DSSE v1.0.2, "Signature Definition"). */
const preAuthentication = (type, payload) => {
  const typeBytes = utf8.encode(type);
  return bytes(`DSSEv1 ${typeBytes.length} `, typeBytes, ` ${payload.length} `, payload);
};

// ---------------------------------------------------------------------------------------------------------------------
// Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature)

const isKeyName = (name) => name.length > 0 && !/[\p{White_Space}+]/u.test(name);

const KINDS = new Map([
  [1, { title: 'Ed25519', key: 32, signature: 64 }],
  [4, { title: 'Ed25519 cosignature', key: 32, signature: 72 }],
  [6, { title: 'ML-DSA-44 cosignature', key: MLDSA_KEY, signature: 8 + MLDSA_SIGNATURE }],
]);

/** A verifier key: name, key id and a public key with its type (signed-note, "Verifier keys"). */
async function verifierKey(text, what) {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  check(utf8.encode(text).length <= 4096 && parts && isKeyName(parts[1]), `${what} is not a verifier key: NAME+ID+KEY`);
  const [, name, id, encoded] = parts;
  const material = fromBase64(encoded, `the key in ${what}`);
  const [kind, point] = [KINDS.get(material[0]), material.subarray(1)];
  check(kind, `${what} has a key of the unknown type ${material[0]}`);
  check(
    point.length === kind.key && (material[0] === 6 || isEd25519Point(point)),
    `${what} has no sound ${kind.title} key`,
  );
  const computed = hex(await sha256(name, '\n', material)).slice(0, 8);
  check(material[0] !== 6 || utf8.encode(name).length < 256, `${what} has a name of more than 255 bytes`);
  check(computed === id, `${what} says that its key id is ${id}, but it is ${computed}`);
  return { name, id, type: material[0], point, text };
}

/** Splits a note into its text, at the last empty line, and its signature lines. */
function parseNote(note) {
  check(utf8.encode(note).length <= MAX_NOTE, `a note of more than ${MAX_NOTE} bytes is not read`);
  check(!/[\u0000-\u0009\u000b-\u001f]/.test(note), 'the note has a control character');
  const split = note.lastIndexOf('\n\n');
  check(split > 0 && note.endsWith('\n'), 'the note has no text and signatures with an empty line between them');
  const lines = note.slice(split + 2, -1).split('\n');
  check(lines.length <= MAX_SIGNATURES, `the note has ${lines.length} signatures; at most ${MAX_SIGNATURES} are read`);
  const signatures = lines.map((line, i) => {
    const parts = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line);
    check(parts && isKeyName(parts[1]), `line ${i + 1} of the note's signatures is not a signature`);
    const octets = fromBase64(parts[2], `signature ${i + 1} of the note`);
    check(octets.length >= 5, `signature ${i + 1} of the note is too short`);
    return { name: parts[1], id: hex(octets.subarray(0, 4)), value: octets.subarray(4) };
  });
  return { text: note.slice(0, split + 1), signatures };
}

/** What the text of a note says of a log's tree, in the one form that a checkpoint has. */
function readCheckpoint({ text }) {
  const lines = text.slice(0, -1).split('\n');
  check(
    lines.length >= 3 && lines.every((line) => line !== ''),
    'the checkpoint has not three lines that are not empty',
  );
  const root = fromBase64(lines[2], 'the root of the checkpoint');
  check(root.length === 32, 'the root of the checkpoint is not a SHA-256 hash');
  return { origin: lines[0], size: decimal(lines[1], 'the size of the checkpoint'), root };
}

/** Whether a signature is the key's under a checkpoint. */
async function verifyNoteSignature(key, value, checkpoint) {
  if (value.length !== KINDS.get(key.type).signature) return false;
  if (key.type === 1) return verifyEd25519(key.point, value, utf8.encode(checkpoint.text));
  const [time, signature] = [readU64(value, 0), value.subarray(8)];
  if (time >= 1n << 63n) return false;
  if (key.type === 4) {
    return verifyEd25519(key.point, signature, bytes(`cosignature/v1\ntime ${time}\n`, checkpoint.text));
  }
  const [name, origin] = [utf8.encode(key.name), utf8.encode(checkpoint.origin)];
  if (name.length > 255 || origin.length > 255) return false;
  const message = bytes(
    'subtree/v1\n\0',
    Uint8Array.of(name.length),
    name,
    u64(time),
    Uint8Array.of(origin.length),
    origin,
    u64(0n),
    u64(checkpoint.size),
    checkpoint.root,
  );
  return verifyMlDsa44(key.point, signature, message);
}

/**
 * Which of the keys signed the checkpoint, and when they say that they last did. A line of an unknown key is passed over; one of a known key that does not
 * hold spoils the note (signed-note, "Signatures").
 */
async function signersOf(checkpoint, keys) {
  const signers = new Map();
  for (const { name, id, value } of checkpoint.signatures) {
    for (const key of keys.filter((known) => known.name === name && known.id === id)) {
      const holds = await verifyNoteSignature(key, value, checkpoint);
      check(
        holds,
        `the signature of ${quoted(name)} under the checkpoint does not hold: the note was changed, or is forged`,
      );
      const time = key.type === 1 ? 0n : readU64(value, 0);
      if (time >= (signers.get(key) ?? 0n)) signers.set(key, time);
    }
  }
  return signers;
}

/** The quorum of a policy that asks for no witness. */
const nobody = () => true;

/**
 * A policy: which logs are known, which witnesses, and how many of them must have signed (C2SP tlog-policy).
 */
async function parsePolicy(octets) {
  check(octets.length <= MIB, 'the policy has more than a mebibyte');
  check(octets.length === 0 || octets.at(-1) === 0x0a, 'the last line of the policy is not ended by a newline');
  check(
    octets.every((octet) => (octet >= 0x20 && octet !== 0x7f) || octet === 9 || octet === 10),
    'the policy has a control character',
  );
  // Comments are octets and need not be text, so lines are parted before they are decoded.
  const lines = Array.from(octets, (octet) => String.fromCharCode(octet))
    .join('')
    .split('\n');
  const decoded = (word, line) =>
    textOf(
      Uint8Array.from(word, (c) => c.charCodeAt(0)),
      `line ${line} of the policy`,
    );
  const policy = { logs: [], witnesses: [], quorum: undefined, maxAge: undefined };
  const [members, used] = [new Map(), new Set()];
  const define = (name, member, line) => {
    check(name !== 'none' && !members.has(name), `line ${line} of the policy defines ${quoted(name)} again`);
    members.set(name, member);
  };
  const known = (name, line) =>
    members.get(name) ?? refuse(`line ${line} of the policy names ${quoted(name)}, which no line before defines`);
  const addKey = async (keys, vkey, line) => {
    const key = await verifierKey(vkey, `line ${line} of the policy`);
    check(
      keys === policy.logs || key.type !== 1,
      `line ${line} of the policy has a witness whose key makes no cosignatures`,
    );
    check(!keys.some((other) => equal(other.point, key.point)), `line ${line} of the policy has a key a second time`);
    keys.push(key);
    return key;
  };

  for (const [i, raw] of lines.map((line) => line.split(/[ \t]+/).filter(Boolean)).entries()) {
    const line = i + 1;
    if (raw.length === 0) continue;
    if (raw[0].startsWith('#')) {
      if (raw[0] !== '#overt') continue;
      const known = raw.length === 3 && raw[1] === 'max-cosignature-age' && policy.maxAge === undefined;
      check(
        known,
        `line ${line} of the policy is meant for overt, and is not: #overt max-cosignature-age SECONDS, once`,
      );
      policy.maxAge = decimal(raw[2], `the age in line ${line} of the policy`);
      continue;
    }
    const [keyword, ...rest] = raw.map((word) => decoded(word, line));
    if (keyword === 'log' && (rest.length === 1 || rest.length === 2)) {
      await addKey(policy.logs, rest[0], line);
    } else if (keyword === 'witness' && (rest.length === 2 || rest.length === 3)) {
      const key = await addKey(policy.witnesses, rest[1], line);
      define(rest[0], (signers) => signers.has(key), line);
    } else if (keyword === 'group' && rest.length >= 3) {
      const [name, threshold, ...names] = rest;
      const parts = names.map((part) => {
        check(!used.has(part), `line ${line} of the policy uses ${quoted(part)} a second time`);
        used.add(part);
        return known(part, line);
      });
      const least =
        { any: 1, all: parts.length }[threshold] ??
        Number(decimal(threshold, `the number in line ${line} of the policy`));
      check(least >= 1 && least <= parts.length, `line ${line} of the policy asks for ${least} of ${parts.length}`);
      define(name, (signers) => parts.filter((part) => part(signers)).length >= least, line);
    } else if (keyword === 'quorum' && rest.length === 1) {
      check(!policy.quorum, `line ${line} of the policy is a second quorum`);
      policy.quorum = rest[0] === 'none' ? nobody : known(rest[0], line);
    } else {
      refuse(`line ${line} of the policy is none that the format knows`);
    }
  }
  check(policy.quorum, 'the policy has no quorum line');
  return policy;
}

/** A proof that a log holds an entry, with the checkpoint that it leads to (C2SP tlog-proof). */
function parseProof(text) {
  check(utf8.encode(text).length <= MAX_NOTE + 2 * MAX_EXTRA + 64 * MAX_PROOF_HASHES, 'the proof is larger than any');
  const split = text.indexOf('\n\n');
  check(split > 0, 'the proof has no empty line before its checkpoint');
  const lines = text.slice(0, split).split('\n');
  check(lines.shift() === 'c2sp.org/tlog-proof@v1', 'the proof does not begin with c2sp.org/tlog-proof@v1');
  const extra = lines[0]?.startsWith('extra ')
    ? fromBase64(lines.shift().slice(6), 'the extra data of the proof')
    : null;
  check(
    extra === null || (extra.length > 0 && extra.length <= MAX_EXTRA),
    'the extra data of the proof are empty or too large',
  );
  check(lines[0]?.startsWith('index '), 'the proof has no index');
  const index = decimal(lines.shift().slice(6), 'the index of the proof');
  check(lines.length <= MAX_PROOF_HASHES, `the proof has ${lines.length} hashes; at most ${MAX_PROOF_HASHES} are read`);
  const path = lines.map((line, i) => {
    const hash = fromBase64(line, `hash ${i + 1} of the proof`);
    check(hash.length === 32, `hash ${i + 1} of the proof is not a SHA-256 hash`);
    return hash;
  });
  return { extra, index, path, note: parseNote(text.slice(split + 2)) };
}

// ---------------------------------------------------------------------------------------------------------------------
// People's words: what a record may carry, so that what is signed is what is seen (Unicode TR 36, Annex 31)

const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/u;
const DIRECTION_MARK = /[\u200e\u200f\u061c]/u;
const EMOJI_JOINER = /[\u200c\u200d\ufe0e\ufe0f]/u;
const INVISIBLE =
  /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
const ODD_SPACE = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/u;
const NO_CHARACTER = /[\p{Co}\p{Noncharacter_Code_Point}]/u;
const USES_JOINERS = /[\u0620-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18af]/u;
const MAX_MARKS = 4;

/** What is wrong with the first character that may not stand, or nothing. A line is stricter than prose. */
function faultIn(text, prose) {
  const characters = [...text];
  let marks = 0;
  for (const [i, c] of characters.entries()) {
    const before = characters[i - 1];
    marks = /\p{M}/u.test(c) ? marks + 1 : 0;
    const stacked = marks > MAX_MARKS || (marks > 0 && (before === undefined || /\p{White_Space}/u.test(before)));
    if (/[\u200c\u200d]/u.test(c) && !prose) {
      const joins = USES_JOINERS.test(before ?? '') && USES_JOINERS.test(characters[i + 1] ?? '');
      if (!joins) return 'a joiner that joins no letters';
    } else if (stacked && !INVISIBLE.test(c)) {
      return 'marks without a letter, or too many of them on one';
    } else if (!(prose && (c === '\n' || c === '\t'))) {
      if (/[\p{Cc}\u2028\u2029]/u.test(c)) return 'a control character';
      if (DIRECTION.test(c) || (DIRECTION_MARK.test(c) && !prose))
        return 'a character that changes the direction of the text';
      if (INVISIBLE.test(c) && !(prose && EMOJI_JOINER.test(c))) return 'an invisible character';
      if (ODD_SPACE.test(c) && !prose) return 'a space that is not the ordinary one';
      if (NO_CHARACTER.test(c)) return 'a code point that is no public character';
    }
  }
  return null;
}

// Each of these refuses a value that is not what its name says; `where` names the value for the message.

const is = (holds, what) => (value, where) => check(holds(value), `${where} is not ${what}`);

const words = (prose, holds, what) => (value, where) => {
  check(isText(value) && holds(value), `${where} is not ${what}`);
  const fault = faultIn(value, prose);
  check(fault === null, `${where} has ${fault}`);
};

const text = words(
  true,
  (value) => utf8.encode(value).length <= 65536 && /[^\p{White_Space}]/u.test(value),
  'a text of at most 64 KiB',
);
const name = words(
  false,
  (value) => value !== '' && value.length <= 512 && [...value].length <= 256 && !/^ | $| {2}/.test(value),
  'a name of one line and at most 256 characters',
);
const link = is(
  (value) =>
    isText(value) &&
    value.length <= 2048 &&
    /^[!-~]+$/.test(value) &&
    !/[\\"<>`]/.test(value) &&
    /^https?:\/\/[0-9A-Za-z[]/.test(value) &&
    !/^https?:\/\/[^/?#]*@/.test(value),
  'an http or https address',
);
const digest = is(isDigest, 'a SHA-256 digest');
const count = is(isCount, 'a number of things');
const count32 = is((value) => isCount(value) && value < 2 ** 32, 'a number of things below 2^32');
const flag = is((value) => typeof value === 'boolean', 'true or false');
const oneOf = (...options) => is((value) => options.includes(value), `one of ${options.join(', ')}`);
const seed = is(
  (value) => isText(value) && /^(0|[1-9][0-9]{0,19})$/.test(value) && BigInt(value) < 1n << 64n,
  'a seed',
);

/** A number without exponent, in the fewest digits that read back as the same double. */
function plainDecimal(value) {
  const [, sign, first, rest = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (!exponent) return String(value);
  const [digits, point] = [first + rest, first.length + Number(exponent)];
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return (
    sign + (point >= digits.length ? digits.padEnd(point, '0') : `${digits.slice(0, point)}.${digits.slice(point)}`)
  );
}

const decimalText = is((value) => {
  if (!isText(value) || value.length > 340 || !/^-?[0-9]+(\.[0-9]+)?$/.test(value)) return false;
  const number = Number(value);
  return Number.isFinite(number) && plainDecimal(number + 0) === value;
}, 'a decimal number in its one spelling');

/** A point in time to the second, in UTC, from 1970 on. */
const time = is((value) => {
  if (!isText(value) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return false;
  const parsed = new Date(value);
  // A date that does not exist comes back as another one, or as none.
  return value >= '1970' && !Number.isNaN(parsed.getTime()) && parsed.toISOString() === value.replace('Z', '.000Z');
}, 'a time like 2026-11-24T16:00:00Z');

/** A type whose empty value is not written: the field is left out instead. */
const leftOutIfEmpty = (type) => Object.assign(type, { leftOutIfEmpty: true });
const isEmpty = (value) => (Array.isArray(value) ? value : Object.keys(value)).length === 0;

const listOf = (item) =>
  leftOutIfEmpty((value, where) => {
    check(Array.isArray(value), `${where} is not a list`);
    value.forEach((entry, i) => item(entry, `${where}[${i}]`));
  });

const mapOf = (key, item) =>
  leftOutIfEmpty((value, where) => {
    check(isObject(value), `${where} is not an object`);
    for (const [word, entry] of Object.entries(value)) {
      key(word, `the key ${quoted(word)} of ${where}`);
      item(entry, `${where}.${shown(word)}`);
    }
  });

/**
 * An object with these fields and no others; a field whose name ends in `?` may be left out. It is left out rather than
 * null or empty, so that a record has one spelling.
 */
const object = (fields, ...rules) => {
  const types = new Map(
    Object.entries(fields).map(([key, type]) => [key.replace('?', ''), { type, optional: key.endsWith('?') }]),
  );
  return (value, where) => {
    check(isObject(value), `${where} is not an object`);
    for (const key of Object.keys(value)) check(types.has(key), `${where} has an unknown field ${quoted(key)}`);
    for (const [key, { type, optional }] of types) {
      if (!(key in value)) {
        check(optional, `${where} has no field ${quoted(key)}`);
        continue;
      }
      type(value[key], `${where}.${key}`);
      const spare = optional && type.leftOutIfEmpty && isEmpty(value[key]);
      check(!spare, `${where}.${key} is empty; such a field is left out`);
    }
    for (const [rule, holds] of rules) check(holds(value), `${where}: ${rule}`);
  };
};

// ---------------------------------------------------------------------------------------------------------------------
// The types of records (docs/design/evidence.md, "Record")

const interval = object(
  { low: decimalText, high: decimalText, level: decimalText, method: name },
  ["an interval's low end is at most its high end", ({ low, high }) => Number(low) <= Number(high)],
  ["an interval's level lies between 0 and 1", ({ level }) => Number(level) > 0 && Number(level) < 1],
);
const estimate = object({ value: decimalText, 'interval?': interval });
const matching = (pattern, limit, what) =>
  is((value) => isText(value) && value.length <= limit && pattern.test(value), what);
const purl = matching(/^pkg:[a-z][a-z0-9.+-]*\/[A-Za-z0-9.~_%@/?#&=:+-]+$/, 512, 'a package URL');
const industry = matching(/^([A-V]|[0-9]{2,4})$/, 4, "an industry's code of ISIC");
const cvss = matching(/^CVSS:(3\.[01]|4\.0)(\/[A-Z]{1,3}:[A-Z][a-z]*)+$/, 256, 'a CVSS vector');
const saysSomething = (value) => Object.keys(value).length > 0;
/** What few reports of incidents know. */
const incidentDetails = object(
  {
    'expected?': text,
    'actual?': text,
    'occurredWithin?': oneOf('day', 'month', 'year'),
    'places?': listOf(name),
    'chainOfEvents?': text,
    'intent?': oneOf('as_meant', 'misuse', 'malicious'),
    'attackerResources?': listOf(
      oneOf(
        'training_data',
        'model_supply_chain',
        'white_box',
        'black_box',
        'grey_box',
        'application_supply_chain',
        'application_output',
        'other',
      ),
    ),
    'attackerObjectives?': listOf(oneOf('availability', 'integrity', 'privacy', 'abuse', 'other')),
    'novelty?': oneOf('documented', 'new'),
    'cvss?': cvss,
    'policies?': listOf(object({ uri: link, 'reason?': text })),
    'recurrence?': text,
    'measuredPrevalence?': object(
      { count, of: count, interval, record: digest, task: name, metric: name },
      ['a measured prevalence counts some of its samples', ({ count, of }) => of > 0 && count <= of],
      [
        'a measured prevalence lies between 0 and 1',
        ({ interval: { low, high } }) => Number(low) >= 0 && Number(high) <= 1,
      ],
    ),
    'alsoSeenOn?': listOf(name),
    'harmedParties?': listOf(name),
    'harmQuantity?': text,
    'rights?': listOf(name),
    'principles?': listOf(oneOf('well_being', 'human_rights', 'transparency', 'safety', 'accountability')),
    'criticalInfrastructure?': listOf(name),
    'industries?': listOf(industry),
    'businessFunctions?': listOf(name),
    'breadth?': oneOf('pilot', 'narrow', 'broad', 'widespread'),
    'autonomy?': oneOf('none', 'low', 'medium', 'high'),
    'tasks?': listOf(
      oneOf(
        'recognition',
        'event_detection',
        'forecasting',
        'personalisation',
        'interaction_support',
        'goal_driven_optimisation',
        'reasoning',
        'content_generation',
        'other',
      ),
    ),
    'trainingData?': text,
    'model?': text,
    'usageRights?': text,
    'interaction?': text,
    'rootCause?': object({ 'outputs?': text, 'factors?': text, 'inputs?': text, 'mitigationFailures?': text }, [
      'a root cause that says nothing is left out',
      saysSomething,
    ]),
    'recommendations?': text,
    'monitoring?': text,
    'additional?': text,
  },
  ['details that say nothing are left out', saysSomething],
);
const artefact = object({ file: name, sha256: digest, bytes: count, quantisation: name, 'transformed?': text });
const system = {
  name,
  reach: oneOf('local', 'api', 'replay', 'program'),
  model: name,
  'baseUrl?': link,
  'artefact?': artefact,
};
const plannedSystem = object(system);
const foundSystem = object({
  ...system,
  'engine?': name,
  'systemPrompt?': text,
  'details?': mapOf(name, text),
  'observed?': leftOutIfEmpty(object({ 'models?': mapOf(name, count), 'fingerprints?': mapOf(name, count) })),
  identitySha256: digest,
});
const sampleIds = object({ count, sha256: digest });
const settings = object({
  seed,
  'epochs?': count32,
  'limit?': count,
  'sampleIds?': sampleIds,
  concurrency: count,
  maxAttempts: count32,
  level: decimalText,
  'early?': object({ 'halfWidth?': decimalText, 'decide?': listOf(text) }),
});
const suite = object({ name, version: name, sha256: digest });
const dataset = object({
  source: text,
  sha256: digest,
  samplesSha256: digest,
  samples: count,
  'imagesSha256?': digest,
});
const metric = object({
  name,
  title: name,
  direction: oneOf('higher', 'lower', 'zero', 'none'),
  'value?': decimalText,
  'interval?': interval,
  n: count,
  'clusters?': count,
  missing: count,
  'bounds?': (value, where) => {
    listOf(decimalText)(value, where);
    check(value.length === 2, `${where} is not a pair`);
    check(Number(value[0]) <= Number(value[1]), `${where}: a metric's lower bound is at most its upper bound`);
  },
  'unparsed?': count,
  'detectableDifference?': decimalText,
  'corrected?': object({ value: decimalText, interval, labels: count }),
  'note?': text,
});
const sum = (counts) => Object.values(counts).reduce((total, n) => total + n, 0);
const taskResult = object(
  {
    name,
    title: name,
    version: name,
    taskSha256: digest,
    templateSha256: digest,
    dataset,
    generation: mapOf(name, text),
    epochs: count32,
    planned: count,
    'stopped?': text,
    outcomes: mapOf(name, count),
    metrics: listOf(metric),
  },
  [
    "a task's outcomes add up to what was planned, or to less if it stopped",
    ({ outcomes, planned, stopped }) => (stopped === undefined ? sum(outcomes) === planned : sum(outcomes) <= planned),
  ],
);
const followedPlan = object(
  {
    record: digest,
    origin: name,
    index: count,
    number: count32,
    'otherRuns?': listOf(
      object({
        number: count32,
        status: oneOf('finished', 'unfinished', 'lost'),
        'manifestSha256?': digest,
        'record?': digest,
      }),
    ),
    'deviations?': listOf(text),
  },
  [
    'the runs of a plan are numbered from 1, and each is named once',
    ({ number, otherRuns }) => {
      const numbers = [number, ...(otherRuns ?? []).map((run) => run.number)].sort((a, b) => a - b);
      return numbers.every((n, i) => n === i + 1);
    },
  ],
);
/** An object whose fields depend on the word in one of them. */
const tagged = (tagName, variants) => (value, where) => {
  check(
    isObject(value) && Object.hasOwn(variants, value[tagName]),
    `${where}.${tagName} is not one of ${Object.keys(variants).join(', ')}`,
  );
  variants[value[tagName]](value, where);
};
const tag = is(isText, 'a word');

const isLanguage = (language) => /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(language);

const keyText = (value, where) => void publicKey(value, where);
const keyId = (value) => publicKey(value, 'the key').id();
const keyReason = oneOf('scheduled', 'compromised', 'lost', 'retired');
const possession = (value, where) => {
  check(isText(value) && value.length <= 1368, `${where} is not a signature`);
  check(fromBase64(value, where).length <= 1024, `${where} is longer than any signature`);
};

/** Whether the holder of a key agreed that the issuer introduces it. */
async function consents(proof, issuerKey, key) {
  const payload = `{"issuer":"${await keyId(issuerKey)}","key":"${await keyId(key)}"}`;
  const message = preAuthentication('application/vnd.overt.possession.v1+json', utf8.encode(payload));
  return verifyAny(publicKey(key, 'the key'), fromBase64(proof, 'the proof of possession'), message);
}

const subject = (subjectName, sha256) => ({ name: subjectName, sha256 });
const some = (...values) => values.filter((value) => value !== undefined);

/** For each type of record: its fields beside issuer and time, what it is about, and which records it points to. */
const RECORD_TYPES = {
  evaluation: {
    fields: {
      run: object({ id: name, created: time, finished: time, manifestSha256: digest }),
      evaluator: object({
        relationship: oneOf('first_party', 'third_party', 'collaborative', 'other'),
        'limitations?': text,
        'conflictsOfInterest?': text,
      }),
      overt: object({ version: name, build: name }),
      system: foundSystem,
      'suite?': suite,
      settings,
      tasks: listOf(taskResult),
      'judge?': object({
        system: foundSystem,
        outcomes: mapOf(name, count),
        'measurements?': listOf(
          object({
            scorer: name,
            rubricSha256: digest,
            labelsSha256: digest,
            n: count,
            missing: count,
            'agreement?': estimate,
            'kappa?': estimate,
            'sensitivity?': estimate,
            'specificity?': estimate,
            'bias?': estimate,
          }),
        ),
      }),
      'requirements?': listOf(object({ expression: text, 'held?': flag, reason: text })),
      'answersFrom?': object({ source: text, sha256: digest }),
      samples: object({ count, root: digest, withheld: count }),
      files: mapOf(name, digest),
      'plan?': followedPlan,
      'corrects?': digest,
      'notes?': listOf(text),
    },
    rules: [
      ['a run ends after it began', ({ run }) => run.created <= run.finished],
      ['an evaluation has at least one task', ({ tasks }) => tasks.length > 0],
      [
        'the tree has a leaf for each sample that has an outcome',
        ({ samples, tasks }) => samples.count === tasks.reduce((total, task) => total + sum(task.outcomes), 0),
      ],
      ['no more samples are withheld than there are', ({ samples }) => samples.withheld <= samples.count],
      ['`files` names samples.parquet', ({ files }) => 'samples.parquet' in files],
    ],
    subjects: (body) => [
      subject('run.json', body.run.manifestSha256),
      subject('samples.parquet', body.files['samples.parquet']),
      subject('system', body.system.identitySha256),
      ...some(body.system.artefact).map((weights) => subject('weights', weights.sha256)),
    ],
    refs: ({ plan, corrects }) => some(plan?.record, corrects),
  },
  plan: {
    fields: {
      tasks: listOf(
        object({
          name,
          version: name,
          taskSha256: digest,
          templateSha256: digest,
          dataset,
          selected: sampleIds,
        }),
      ),
      systems: listOf(plannedSystem),
      'suite?': suite,
      settings,
      'runs?': count32,
      'claims?': listOf(object({ expression: text })),
      'rationale?': text,
      'notAfter?': time,
    },
    rules: [
      ['a plan has at least one task', ({ tasks }) => tasks.length > 0],
      ['a plan names at least one system', ({ systems }) => systems.length > 0],
      ['a plan means at least one run', ({ runs }) => runs !== 0],
      [
        'a plan is issued before its last moment',
        ({ notAfter, issuedAt }) => notAfter === undefined || issuedAt <= notAfter,
      ],
    ],
    subjects: ({ tasks }) => tasks.map((task) => subject(task.name, task.taskSha256)),
  },
  reproduction: {
    fields: {
      original: digest,
      again: object({ manifestSha256: digest, 'record?': digest }),
      comparisons: listOf(
        object({
          task: name,
          metric: name,
          'original?': estimate,
          'again?': estimate,
          'difference?': decimalText,
          'interval?': interval,
          'test?': object({ method: name, statistic: decimalText, 'p?': decimalText }, [
            'a p-value lies in 0 to 1',
            ({ p }) => p === undefined || (Number(p) >= 0 && Number(p) <= 1),
          ]),
          verdict: oneOf('agree', 'differ', 'cannot_tell'),
        }),
      ),
      verdict: oneOf('agree', 'differ', 'cannot_tell'),
      'notes?': listOf(text),
    },
    rules: [
      ['a reproduction compares at least one metric', ({ comparisons }) => comparisons.length > 0],
      ['a record is not its own reproduction', ({ original, again }) => again.record !== original],
      [
        'a reproduction does not agree if one of its metrics differs',
        ({ comparisons, verdict }) => !(verdict === 'agree' && comparisons.some((one) => one.verdict === 'differ')),
      ],
    ],
    subjects: ({ original, again }) => [subject('original', original), subject('run.json', again.manifestSha256)],
    refs: ({ original, again }) => some(original, again.record),
  },
  alarm: {
    fields: {
      watch: object({ name, sha256: digest }),
      detector: name,
      quantity: name,
      statistic: decimalText,
      threshold: decimalText,
      window: object({ from: time, to: time, observations: count }),
      summary: text,
      'records?': listOf(digest),
      'evidence?': mapOf(name, digest),
    },
    rules: [
      ['a window ends after it begins', ({ window }) => window.from <= window.to],
      ['an alarm is raised after what it saw', ({ window, issuedAt }) => window.to <= issuedAt],
    ],
    subjects: ({ watch }) => [subject('watch', watch.sha256)],
    refs: ({ records }) => records ?? [],
  },
  incident: {
    fields: {
      kind: oneOf('flaw', 'vulnerability', 'incident', 'near_miss', 'hazard'),
      title: name,
      description: text,
      language: name,
      systems: listOf(
        object({
          name,
          'version?': name,
          'model?': name,
          'access?': name,
          'developers?': listOf(name),
          'deployers?': listOf(name),
          'sha256?': digest,
          'purl?': purl,
          'fixedIn?': name,
        }),
      ),
      'relationToHarm?': text,
      severity: oneOf('not_sure', 'negligible', 'low', 'medium', 'high', 'critical'),
      'oecdSeverity?': oneOf('hazard', 'serious_hazard', 'incident', 'serious_incident', 'disaster'),
      'prevalence?': oneOf('not_sure', 'isolated', 'rare', 'occasional', 'common', 'widespread'),
      'harms?': listOf(
        oneOf(
          'psychological',
          'financial',
          'reputational',
          'physical',
          'rights_violation',
          'discrimination',
          'misinformation',
          'property',
          'environment',
          'other',
        ),
      ),
      'stakeholders?': listOf(
        oneOf('end_users', 'ai_company', 'researchers', 'general_public', 'specific_groups', 'infrastructure', 'other'),
      ),
      'serious?': listOf(
        oneOf('death_or_health', 'critical_infrastructure', 'fundamental_rights', 'property_or_environment'),
      ),
      'countries?': listOf(is((value) => isText(value) && /^[A-Z]{2}$/.test(value), "a country's two capital letters")),
      'occurredAt?': time,
      'endedAt?': time,
      'discoveredAt?': time,
      'discovery?': oneOf('user_observation', 'monitoring', 'testing', 'external_report', 'automated_analysis'),
      status: oneOf('reported', 'acknowledged', 'in_progress', 'fixed', 'disputed', 'accepted', 'withdrawn'),
      reporter: oneOf(
        'user',
        'affected',
        'researcher',
        'developer',
        'deployer',
        'employee',
        'journalist',
        'authority',
        'other',
      ),
      'factors?': listOf(
        oneOf(
          'training_data',
          'model_architecture',
          'fine_tuning',
          'system_design',
          'user_interface',
          'content_filtering',
          'safety_measures',
          'user_misconfiguration',
          'third_party_integration',
          'other',
        ),
      ),
      'stepsToReproduce?': text,
      'response?': text,
      'taxonomies?': listOf(object({ scheme: name, id: name })),
      'records?': listOf(digest),
      'evidence?': listOf(
        object({ title: name, 'uri?': link, 'sha256?': digest }, [
          'evidence has an address or a digest',
          ({ uri, sha256 }) => uri !== undefined || sha256 !== undefined,
        ]),
      ),
      'deadlines?': listOf(
        object({
          regime: oneOf('ai_act73', 'gpai_code', 'california_sb53', 'new_york_raise', 'other'),
          report: oneOf('initial', 'intermediate', 'final'),
          due: time,
          'sent?': time,
        }),
      ),
      'details?': incidentDetails,
      'updates?': digest,
    },
    rules: [
      ['an incident names at least one system', ({ systems }) => systems.length > 0],
      [
        'an incident ends after it began',
        ({ occurredAt, endedAt }) => occurredAt === undefined || endedAt === undefined || occurredAt <= endedAt,
      ],
      [
        'an incident is reported after it happened',
        ({ occurredAt, endedAt, discoveredAt, issuedAt }) =>
          some(occurredAt, endedAt, discoveredAt).every((at) => at <= issuedAt),
      ],
      [
        'a time that is known to the day, month or year is the beginning of it',
        ({ details, occurredAt }) =>
          details?.occurredWithin === undefined ||
          occurredAt?.endsWith({ day: 'T', month: '-01T', year: '-01-01T' }[details.occurredWithin] + '00:00:00Z'),
      ],
      [
        'a measured prevalence comes from one of the records named',
        ({ details, records }) =>
          details?.measuredPrevalence === undefined ||
          (records ?? []).includes(details.measuredPrevalence.record),
      ],
    ],
    subjects: async (body) => [
      subject('report', hex(await sha256(canonical(body)))),
      ...body.systems.filter((one) => one.sha256 !== undefined).map((one) => subject('system', one.sha256)),
    ],
    refs: ({ updates, records }) => some(updates, ...(records ?? [])),
  },
  statement: {
    fields: {
      title: name,
      language: name,
      version: name,
      'replaces?': digest,
      'translates?': digest,
      mediaType: oneOf('text/plain', 'text/markdown'),
      sha256: digest,
      text,
    },
    rules: [
      ["a statement's digest is that of its text", async (body) => hex(await sha256(body.text)) === body.sha256],
      ['a language is written as BCP 47 does, like `en` or `pt-BR`', ({ language }) => isLanguage(language)],
    ],
    subjects: (body) => [subject('text', body.sha256)],
    refs: ({ replaces, translates }) => some(replaces, translates),
  },
  endorsement: {
    fields: {
      of: digest,
      signatory: object(
        {
          as: oneOf('person', 'organisation'),
          'name?': name,
          'role?': name,
          'affiliation?': name,
          'country?': is((value) => isText(value) && /^[A-Z]{2}$/.test(value), "a country's two capital letters"),
        },
        [
          'an organisation that signs has no affiliation',
          (one) => one.as === 'person' || one.affiliation === undefined,
        ],
      ),
      verified: oneOf('nothing', 'email_domain', 'domain_key', 'key'),
      'domain?': name,
      'emailCommitment?': digest,
    },
    rules: [
      [
        'an endorsement names the domain if a domain was checked, and only then',
        ({ domain, verified }) => (domain !== undefined) === ['email_domain', 'domain_key'].includes(verified),
      ],
      [
        'a domain is written in lower-case ASCII, like example.org',
        ({ domain }) =>
          domain === undefined ||
          (domain.length <= 253 &&
            /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/.test(domain)),
      ],
      [
        'only a person whose domain was checked signs without a name',
        ({ signatory, domain }) => signatory.name !== undefined || (domain !== undefined && signatory.as === 'person'),
      ],
      [
        'who signs without a name shows no role and no affiliation',
        ({ signatory: { name: shownName, role, affiliation } }) =>
          shownName !== undefined || (role === undefined && affiliation === undefined),
      ],
    ],
    subjects: ({ of }) => [subject('record', of)],
    refs: ({ of }) => [of],
  },
  listing: {
    fields: {
      of: digest,
      source: object({ title: name, sha256: digest, 'uri?': link }),
      'statedTotal?': count,
      names: listOf(object({ name, 'affiliation?': name })),
    },
    rules: [
      ['a listing has at least one name', ({ names }) => names.length > 0],
      [
        'a source states at least as many signatories as it lists',
        ({ names, statedTotal }) => statedTotal === undefined || statedTotal >= names.length,
      ],
    ],
    subjects: ({ of, source }) => [subject('record', of), subject('source', source.sha256)],
    refs: ({ of }) => [of],
  },
  redaction: {
    fields: {
      target: digest,
      scope: tagged('of', {
        record: object({ of: tag }),
        samples: object({ of: tag, indexes: listOf(count) }),
        files: object({ of: tag, digests: listOf(digest) }),
      }),
      reason: oneOf(
        'personal_data',
        'legal_order',
        'copyright',
        'hazardous',
        'contamination',
        'error',
        'withdrawn',
        'other',
      ),
      'explanation?': text,
      authority: object({ name, 'reference?': name, 'uri?': link }),
      'correctedBy?': digest,
    },
    rules: [
      [
        'a redaction of a part names what was taken down, samples in ascending order',
        ({ scope: { indexes, digests } }) =>
          indexes?.length !== 0 &&
          digests?.length !== 0 &&
          (indexes ?? []).every((n, i, all) => i === 0 || all[i - 1] < n),
      ],
      [
        'a redaction for another reason explains it',
        ({ reason, explanation }) => reason !== 'other' || explanation !== undefined,
      ],
      ['a record does not correct itself', ({ target, correctedBy }) => target !== correctedBy],
    ],
    subjects: ({ target }) => [subject('record', target)],
    refs: ({ target, correctedBy }) => some(target, correctedBy),
  },
  key: {
    fields: {
      key: keyText,
      change: tagged('action', {
        introduce: object({ action: tag, holder: name, 'possession?': possession }),
        rotate: object({ action: tag, newKey: keyText, possession, reason: keyReason }),
        revoke: object({ action: tag, reason: keyReason }),
      }),
      effective: time,
      'explanation?': text,
    },
    rules: [
      [
        "a key that signs for another has that key's consent",
        ({ key, change, issuer }) =>
          change.action !== 'introduce' || change.possession !== undefined || key === issuer.key,
      ],
      [
        'a key is rotated by a record that it signs itself',
        ({ key, change, issuer }) => change.action !== 'rotate' || key === issuer.key,
      ],
      ['a key is rotated to another key', ({ key, change }) => key !== change.newKey],
      [
        "the key that is introduced signs the issuer's key id and its own (proof of possession)",
        async ({ key, change, issuer }) =>
          change.possession === undefined || consents(change.possession, issuer.key, change.newKey ?? key),
      ],
    ],
    subjects: async ({ key, change }) => [
      subject('key', await keyId(key)),
      ...(change.newKey ? [subject('newKey', await keyId(change.newKey))] : []),
    ],
  },
};

// ---------------------------------------------------------------------------------------------------------------------
// Envelopes, bundles and statements (DSSE v1.0.2, sigstore_bundle.proto, in-toto Statement v1)

const BUNDLE = 'application/vnd.overt.bundle.v1+json';
const FORK = 'application/vnd.overt.fork.v1+json';
const SIGSTORE = [
  'application/vnd.dev.sigstore.bundle.v0.3+json',
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
  'application/vnd.dev.sigstore.bundle+json;version=0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.1',
];
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const STATEMENT = 'https://in-toto.io/Statement/v1';
const PREDICATE = /^https:\/\/github\.com\/overt-audit\/overt\/record\/([a-z][a-z0-9-]{0,31})\/v([1-9][0-9]{0,4})$/;

/** Base64 of either alphabet, with all, some or none of its padding: DSSE asks a reader to be generous. */
function fromEitherBase64(encoded, what) {
  check(isText(encoded), `${what} is missing`);
  const standard = /[-_]/.test(encoded)
    ? encoded.replace(/[+/]/g, '!').replaceAll('-', '+').replaceAll('_', '/')
    : encoded;
  const letters = standard.replace(/={1,2}$/, '');
  const missing = -letters.length & 3;
  check(standard.length - letters.length <= missing, `${what} is not base64`);
  return fromBase64(letters + '='.repeat(missing), what);
}

const isPlain = (value) => isText(value) && value.length <= 256 && /^[ !#-[\]-~]*$/.test(value);

/** An envelope with exactly one signature. Its digest is that of its one spelling. */
function readEnvelope(envelope) {
  check(isObject(envelope), 'the bundle has no DSSE envelope');
  const { signatures, payloadType } = envelope;
  check(Array.isArray(signatures), 'the envelope has no signatures');
  check(signatures.length === 1, `the envelope has ${signatures.length} signatures; a record has exactly one`);
  const keyid = signatures[0]?.keyid ?? '';
  check(
    isPlain(payloadType) && payloadType !== '' && isPlain(keyid),
    'the envelope names a type or a key in no plain words',
  );
  const payload = fromEitherBase64(envelope.payload, "the envelope's payload");
  const signature = fromEitherBase64(signatures[0]?.sig, "the envelope's signature");
  check(payload.length <= MAX_PAYLOAD, `the payload has ${payload.length} bytes; a record has at most ${MAX_PAYLOAD}`);
  const spelling = { payload: toBase64(payload), payloadType, signatures: [{ keyid, sig: toBase64(signature) }] };
  return {
    payloadType,
    keyid,
    payload,
    signature,
    envelope: spelling,
    digest: async () => hex(await sha256(canonical(spelling))),
  };
}

/** A Sigstore bundle that a key signed. */
function readBundle(bundle) {
  check(
    isObject(bundle) && SIGSTORE.includes(bundle.mediaType),
    'the file holds no Sigstore bundle of version 0.1 to 0.3',
  );
  check(bundle.messageSignature == null, 'the bundle signs a file and not a statement; cosign verify-blob checks it');
  const envelope = readEnvelope(bundle.dsseEnvelope);
  const material = bundle.verificationMaterial;
  check(isObject(material), 'the bundle has no verification material');
  check(
    !('certificate' in material || 'x509CertificateChain' in material),
    'the bundle was signed with a certificate; cosign checks it',
  );
  check(isObject(material.publicKey), 'the bundle names no key');
  const hint = material.publicKey.hint ?? '';
  check(isText(hint), 'the bundle names its key in no plain words');
  check(
    hint === '' || envelope.keyid === '' || hint === envelope.keyid,
    'the bundle and its envelope name different keys',
  );
  return { ...envelope, hint };
}

/** An in-toto statement about artefacts that are named by digests. Fields that are not known are passed over here. */
function readStatement(payload) {
  const statement = parseCanonical(payload, { what: 'the payload', limit: MAX_PAYLOAD });
  check(isObject(statement), 'the payload is no statement');
  const { _type, subject: subjects, predicateType, predicate = {} } = statement;
  check(_type === STATEMENT, `the payload is ${quoted(_type)} and no in-toto statement of version 1`);
  check(isText(predicateType) && isObject(predicate), 'the statement has no predicate');
  check(Array.isArray(subjects) && subjects.length > 0, 'the statement is about nothing');
  for (const one of subjects) {
    check(isObject(one), 'a subject of the statement is no object');
    const { name: label = '', uri, mediaType, digest: digests } = one;
    check(
      [label, uri ?? '', mediaType ?? ''].every(isText),
      'a subject of the statement has a malformed name, address or type',
    );
    check(isObject(digests) && Object.keys(digests).length > 0, 'a subject of the statement has no digest');
    for (const [algorithm, value] of Object.entries(digests)) {
      const valid =
        algorithm === 'sha256' ? isDigest(value) : algorithm !== '' && isText(value) && /^[!-~]+$/.test(value);
      check(valid, `the ${quoted(algorithm)} digest of a subject of the statement is none`);
    }
  }
  return { ...statement, predicate };
}

const header = object({ issuer: object({ name, key: keyText, 'uri?': link }), issuedAt: time });

/**
 * The record that a statement makes, once all rules of its type hold. A type or version that is not known is shown and
 * not interpreted: `refs` is then undefined.
 */
async function readRecord(statement) {
  const { predicateType, predicate } = statement;
  const type = PREDICATE.exec(predicateType);
  check(type !== null && Number(type[2]) < 65536, `${quoted(predicateType)} is not the type of a record of overt`);
  const [kind, version] = [type[1], Number(type[2])];
  const { issuer, issuedAt, ...body } = predicate;
  check(issuer !== undefined && issuedAt !== undefined, 'the record does not begin with issuer and issuedAt');
  header({ issuer, issuedAt }, 'the record');
  const record = { kind, version, issuer, issuedAt, subjects: statement.subject, body, refs: undefined };
  const rules = version === 1 && Object.hasOwn(RECORD_TYPES, kind) ? RECORD_TYPES[kind] : undefined;
  if (rules !== undefined) {
    object(rules.fields)(body, `the ${kind}`);
    for (const [rule, holds] of rules.rules) check(await holds(predicate), `the ${kind} breaks a rule: ${rule}`);
    record.refs = rules.refs?.(body) ?? [];
    const room = record.refs.length <= MAX_REFS;
    check(room, `the record points to ${record.refs.length} others; at most ${MAX_REFS} have room in a log entry`);
  }
  return record;
}

/** Whether the statement is about what its predicate speaks of. */
async function checkSubjects({ kind, body, subjects }) {
  const expected = (await RECORD_TYPES[kind].subjects(body)).map(({ name: label, sha256: value }) => ({
    name: label,
    digest: { sha256: value },
  }));
  const found = subjects.map(({ name: label = '', uri, mediaType, digest: digests }) => ({
    name: label,
    digest: digests,
    ...(uri == null ? {} : { uri }),
    ...(mediaType == null ? {} : { mediaType }),
  }));
  check(
    canonical(expected) === canonical(found),
    "the statement's subjects are not those that its predicate is about; sign the record anew",
  );
}

/** What is signed is all read: nothing unknown stands beside the predicate, and no field is null or empty instead of absent. */
function checkExact(statement) {
  members(statement, ['_type', 'subject', 'predicateType', 'predicate'], [], 'the statement');
  for (const one of statement.subject) {
    members(one, ['digest'], ['name', 'uri', 'mediaType'], 'a subject of the statement');
    check(
      one.name !== '' && one.uri !== null && one.mediaType !== null,
      'a subject of the statement has an empty field',
    );
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Files (docs/design/evidence.md, "Files")

const revealedSample = object(
  {
    record: digest,
    index: count,
    count,
    shown: is(isText, 'a text'),
    shownSalt: digest,
    'content?': is(isText, 'a text'),
    'contentSalt?': digest,
    'contentCommitment?': digest,
    path: listOf(digest),
  },
  [
    'a sample has either content and contentSalt, or contentCommitment',
    ({ content, contentSalt, contentCommitment }) =>
      (content === undefined) === (contentSalt === undefined) &&
      (content === undefined) !== (contentCommitment === undefined),
  ],
  [`a path has at most ${MAX_PROOF_HASHES} hashes`, ({ path }) => path.length <= MAX_PROOF_HASHES],
);

/** An overt bundle holds nothing that is not read, in one spelling; a Sigstore bundle may be anybody's. */
function readRecordFile(file) {
  if (file.mediaType !== BUNDLE) return { ...readBundle(file), proof: undefined, samples: [] };
  members(file, ['mediaType', 'bundle'], ['proof', 'samples'], 'the bundle');
  const bundle = readBundle(file.bundle);
  const spelling = {
    mediaType: SIGSTORE[0],
    verificationMaterial: { publicKey: { hint: bundle.keyid } },
    dsseEnvelope: bundle.envelope,
  };
  check(
    canonical(spelling) === canonical(file.bundle),
    'the bundle holds something that its format does not know, or a value in a second spelling',
  );
  const { proof, samples } = file;
  check(proof === undefined || isText(proof), 'the proof in the bundle is not a text');
  check(
    samples === undefined || (Array.isArray(samples) && samples.length > 0),
    'the samples in the bundle are no list of samples',
  );
  samples?.forEach((sample, i) => revealedSample(sample, `revealed sample ${i}`));
  return { ...bundle, proof: proof === undefined ? undefined : parseProof(proof), samples: samples ?? [] };
}

const forkFile = object({
  mediaType: oneOf(FORK),
  log: is(isText, 'a verifier key'),
  notes: (value, where) =>
    check(Array.isArray(value) && value.length === 2 && value.every(isText), `${where} is not a pair of notes`),
  'leaf?': (value, where) => value === null || forkedLeaf(value, where),
});
const forkedLeaf = object({
  index: count,
  paths: (value, where) => {
    listOf(object({ hash: digest, proof: listOf(digest) }))(value, where);
    check(value.length === 2, `${where} is not a pair`);
  },
});

/** Reads the proof of a fork: the key of a log, and two notes. */
async function readFork(octets) {
  check(octets.length <= 4 * MIB, 'a proof of a fork has at most four mebibytes');
  const file = parseJson(textOf(octets, 'the file'), { what: 'the file' });
  forkFile(file, 'the fork proof');
  file.leaf?.paths.forEach(({ proof }) =>
    check(proof.length <= MAX_PROOF_HASHES, 'a path of the fork proof is longer than any'),
  );
  return { ...file, notes: file.notes.map(parseNote), key: await verifierKey(file.log, 'the log of the fork proof') };
}

/** How the two checkpoints of a log contradict each other, or a refusal if they need not. */
async function verifyFork({ key, notes, leaf }) {
  const heads = [];
  for (const note of notes) {
    const checkpoint = readCheckpoint(note);
    const signers = await signersOf({ ...checkpoint, ...note }, [key]);
    check(signers.size === 1, 'the log of the fork proof did not sign both checkpoints');
    check(
      checkpoint.origin === key.name,
      `the checkpoint is of ${quoted(checkpoint.origin)}, and the key is that of ${quoted(key.name)}`,
    );
    heads.push(checkpoint);
  }
  const [first, second] = heads;
  if (leaf == null) {
    check(
      first.size === second.size,
      'the sizes of the checkpoints differ, so a leaf is needed in which the trees differ',
    );
    check(!equal(first.root, second.root), 'the two checkpoints say the same');
    return `two trees of ${first.size} entries with different roots`;
  }
  const { index, paths } = leaf;
  for (const [i, { hash, proof }] of paths.entries()) {
    const path = proof.map((one) => digestOf(one, 'a hash of the fork proof'));
    const root = await rootFromInclusion({
      index: BigInt(index),
      size: heads[i].size,
      leaf: digestOf(hash, 'a leaf'),
      path,
    });
    check(equal(root, heads[i].root), 'a leaf of the fork proof is not in the tree of its checkpoint');
  }
  check(paths[0].hash !== paths[1].hash, 'both trees have the same leaf in that place');
  return `two trees with different entries at index ${index}`;
}

// ---------------------------------------------------------------------------------------------------------------------
// The log entry of a record (docs/design/evidence.md, "Log entry")

const opening = object({
  leaf: object({
    v: oneOf(1),
    kind: is((value) => isText(value) && /^[a-z][a-z0-9-]{0,31}$/.test(value), 'a type of records'),
    time,
    commit: digest,
    key: digest,
    refs: (value, where) => {
      listOf(digest)(value, where);
      check(value.length <= MAX_REFS, `${where} has more than ${MAX_REFS} entries`);
    },
  }),
  salt: digest,
});

/** The entry that a proof carries beside it, if it is that of the record; its bytes are the leaf of the log. */
async function entryOf(record, recordDigest, keyOfIssuer, extra) {
  check(extra !== null, 'the proof carries no log entry');
  const opened = parseCanonical(extra, { what: 'the log entry', limit: MAX_ENTRY + 128 });
  opening(opened, 'the opening');
  const { leaf, salt } = opened;
  const entry = utf8.encode(canonical(leaf));
  check(entry.length <= MAX_ENTRY, `the log entry has ${entry.length} bytes; it has at most ${MAX_ENTRY}`);
  const commit = await sha256(
    'overt/commit/v1\0',
    digestOf(salt, 'the salt'),
    digestOf(recordDigest, 'the record digest'),
  );
  check(leaf.commit === hex(commit), 'the log entry commits to another record');
  check(
    leaf.kind === record.kind,
    `the log entry says that the record is of the type ${leaf.kind}; it is of the type ${record.kind}`,
  );
  check(leaf.key === keyOfIssuer, 'the log entry says that another key signed the record');
  const same = record.refs === undefined || canonical(leaf.refs) === canonical(record.refs);
  check(same, 'the log entry points to other records than the record does');
  return { entry, time: leaf.time };
}

// ---------------------------------------------------------------------------------------------------------------------
// Whom a reader trusts: OpenSSH's allowed_signers (ssh-keygen(1), "ALLOWED SIGNERS")

const WORD = /[ \t\f\v]*((?:"(?:\\.|[^"\\])*"|[^ \t\f\v"])+)/y;
const isKeyType = (word) => /^(ssh-|ecdsa-sha2-|sk-ssh-|sk-ecdsa-)/.test(word) && word.length <= 64;
const unquote = (word) => (/^"(\\.|[^"\\])*"$/.test(word) ? word.slice(1, -1).replace(/\\(.)/g, '$1') : undefined);

const listOfNames = (value) => {
  const names = value.split(',');
  check(!names.includes('') && !names.includes('!'), 'an empty name in a list');
  return names;
};

/** Whether one of the patterns matches, and none with a leading `!` (ssh_config(5), "PATTERNS"). */
function matches(patterns, value) {
  const literal = (c) => `\\u{${c.codePointAt(0).toString(16)}}`;
  const expression = (pattern) =>
    pattern.replace(/\*+/g, '*').replace(/[^*?]/gu, literal).replaceAll('?', '.').replaceAll('*', '.*');
  const one = (pattern) => new RegExp(`^${expression(pattern)}$`, 'su').test(value);
  const isNot = (pattern) => pattern.startsWith('!');
  return (
    patterns.some((pattern) => !isNot(pattern) && one(pattern)) &&
    !patterns.some((pattern) => isNot(pattern) && one(pattern.slice(1)))
  );
}

/** `YYYYMMDD[HHMM[SS]][Z]`, read in UTC so that the result is the same everywhere. */
function sshTime(value) {
  const digits = value.replace(/[Zz]$/, '');
  check([8, 12, 14].includes(digits.length), 'not a time');
  const written = digits.padEnd(14, '0').replace(/^(.{4})(..)(..)(..)(..)(..)$/s, '$1-$2-$3T$4:$5:$6Z');
  time(written, 'the time');
  return written;
}

function allowedSigner(line) {
  WORD.lastIndex = 0;
  const next = () => (WORD.exec(line) ?? refuse('a word is missing'))[1];
  const whom = next();
  const signer = { principals: listOfNames(unquote(whom) ?? whom), options: new Map() };
  let word = next();
  for (; !isKeyType(word); word = next()) {
    for (const option of word.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+|(?<=,|^)(?=,|$)/g) ?? []) {
      const [, key, value] = /^([^=]*)=?(.*)$/s.exec(option);
      const read = { namespaces: listOfNames, 'valid-after': sshTime, 'valid-before': sshTime }[key.toLowerCase()];
      check(
        read && unquote(value) !== undefined && !signer.options.has(key.toLowerCase()),
        'an option that is not read here',
      );
      signer.options.set(key.toLowerCase(), read(unquote(value)));
    }
  }
  const [after, before] = [signer.options.get('valid-after'), signer.options.get('valid-before')];
  check(after === undefined || before === undefined || after < before, 'a time that ends before it begins');
  const encoded = next();
  const blob = sshReader(fromBase64(encoded.length <= 1024 ? encoded : '!', 'the key'), 'the key');
  const kind = blob.text();
  check(kind === word && ['ssh-ed25519', 'ecdsa-sha2-nistp256'].includes(kind), 'a type of keys that is not read here');
  if (kind !== 'ssh-ed25519') check(blob.text() === 'nistp256', 'an unknown curve');
  signer.point = blob.string();
  blob.end();
  check(kind === 'ssh-ed25519' ? isEd25519Point(signer.point) : isP256Point(signer.point), 'no sound key');
  return signer;
}

/** The lines of the file that can be used; leaving one out can only lower trust. */
function parseTrust(text) {
  check(utf8.encode(text).length <= 4 * MIB, 'the list of trusted keys has more than four mebibytes');
  const signers = [];
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    try {
      signers.push(allowedSigner(line));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return signers;
}

/** What the reader calls a key that may sign at a time. */
const namesOf = (signers, point, at) =>
  signers
    .filter(({ options }) => !options.has('namespaces') || matches(options.get('namespaces'), SSH_NAMESPACE))
    .filter(
      ({ options }) => at >= (options.get('valid-after') ?? '') && at <= (options.get('valid-before') ?? '9999-99'),
    )
    .filter((signer) => equal(signer.point, point))
    .flatMap(({ principals }) => principals);

const ALPHABETS = [
  /[A-Za-z\u00c0-\u024f\u1e00-\u1eff]/,
  /[\u0370-\u03ff\u1f00-\u1fff]/,
  /[\u0400-\u052f\u1c80-\u1c8f\ua640-\ua69f]/,
  /[\u0530-\u058f]/,
  /[\u13a0-\u13ff\uab70-\uabbf]/,
];

/** Whether one word mixes letters of alphabets that look alike: no error, but whoever shows the name should say so. */
const mixesScripts = (value) =>
  value.split(/[^\p{Alphabetic}\p{N}]/u).some((word) => ALPHABETS.filter((letters) => letters.test(word)).length > 1);

// ---------------------------------------------------------------------------------------------------------------------
// The verification

/** The checks, in the order in which they are reported. */
const TITLES = {
  format: 'the file is a bundle',
  payload: 'the signed bytes are a statement in its one spelling',
  signature: "the issuer's key signed the record",
  schema: 'the record obeys the rules of its type',
  subjects: 'the record is about what it speaks of',
  kind: 'the record is of the type that was asked for',
  issuer: "the issuer's key is one that you trust",
  'log-entry': 'the log entry is that of the record',
  inclusion: "the log entry is in the log's tree",
  checkpoint: 'a log that you trust signed the tree',
  witnesses: 'enough witnesses saw the same tree',
  samples: 'the revealed samples are those that the record was signed over',
};

/** The checks of a proof of a fork. */
const FORK_TITLES = {
  format: 'the file is a proof of a fork',
  fork: 'one log signed two checkpoints that cannot both be true',
  log: 'the log is one that you know',
};

/** Checks as they are made. */
class Checks {
  #made = new Map();

  constructor(titles) {
    this.titles = titles;
  }

  passed(id, detail) {
    this.#made.set(id, { outcome: 'passed', detail });
  }

  failed(id, detail) {
    this.#made.set(id, { outcome: 'failed', detail });
  }

  notChecked(id, detail) {
    this.#made.set(id, { outcome: 'not_checked', detail });
  }

  /** What `work` gives; undefined, and a failed check, if it refuses. */
  async require(id, work) {
    try {
      return await work();
    } catch (error) {
      const unexpected = error instanceof Refusal ? '' : 'something unforeseen: ';
      this.failed(id, unexpected + (error instanceof Error ? error.message : String(error)));
      return undefined;
    }
  }

  report() {
    const skipped = {
      outcome: 'not_checked',
      detail: 'a check before it failed, and without that one it says nothing',
    };
    return Object.entries(this.titles).map(([id, title]) => ({ id, title, ...(this.#made.get(id) ?? skipped) }));
  }
}

/**
 * Verifies a file: an overt bundle, a Sigstore bundle, or a proof of a fork.
 *
 * @param {string | Uint8Array | ArrayBuffer} file what to verify
 * @param {object} [trust] what the reader brings
 * @param {string | Uint8Array} [trust.policy] the logs and witnesses to believe (C2SP tlog-policy)
 * @param {string | Uint8Array} [trust.trust] the keys to trust (OpenSSH allowed_signers)
 * @param {string} [trust.kind] the type of record to ask for
 * @param {number} [trust.now] seconds since 1970, if cosignatures must not be older than the policy says
 * @returns {Promise<{ok: boolean, checks: {id: string, title: string, outcome: string, detail: string}[], record: ?object}>}
 *   `record` holds what was proven, or null. A policy or list of keys that cannot be read gives `{ok: false, error}` with
 *   no checks: the question is malformed, whatever the file.
 */
export async function verify(file, trust = {}) {
  try {
    const policy = trust?.policy == null ? undefined : await parsePolicy(octetsOf(trust.policy, 'the policy'));
    const signers =
      trust?.trust == null
        ? undefined
        : parseTrust(textOf(octetsOf(trust.trust, 'the list of keys'), 'the list of keys'));
    return await verifyFile(file, { policy, signers, kind: trust?.kind, now: trust?.now });
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error), checks: [], record: null };
  }
}

function octetsOf(value, what) {
  if (typeof value === 'string') return utf8.encode(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return value instanceof Uint8Array ? value : refuse(`${what} is neither text nor bytes`);
}

async function verifyFile(file, trust) {
  const checks = new Checks(TITLES);
  const parsed = await checks.require('format', () => {
    const octets = octetsOf(file, 'the file');
    check(octets.length <= MAX_FILE, `the file has ${octets.length} bytes; at most ${MAX_FILE} are read`);
    const text = textOf(octets, 'the file');
    const json = parseJson(text, { what: 'the file', finite: true });
    check(isObject(json), 'the file is no bundle');
    // A Sigstore bundle may be anybody's; in ours no number but integers stands.
    if (json.mediaType === BUNDLE) parseJson(text, { what: 'the bundle' });
    return json.mediaType === FORK ? { fork: octets } : { bundle: readRecordFile(json) };
  });
  if (parsed?.fork) return verifyForkFile(parsed.fork, trust);
  const record = parsed ? await verifyBundle(parsed.bundle, trust, checks) : null;
  const made = checks.report();
  return {
    ok: record !== null && made.every(({ outcome }) => outcome !== 'failed'),
    checks: made,
    record: record && plain(record),
  };
}

/** What is shown of a record: `known` says whether its type was interpreted. */
const plain = ({ key, refs, ...record }) => ({ ...record, key: key.id, known: refs !== undefined });

async function verifyBundle(bundle, trust, checks) {
  checks.passed('format', 'read, within its limits');
  const record = await verifySigned(bundle, checks);
  if (record === null) return null;
  const { policy, signers, kind } = trust;

  if (kind == null) checks.notChecked('kind', `no type was asked for; it is ${quoted(record.kind)}`);
  else if (kind === record.kind) checks.passed('kind', quoted(kind));
  else checks.failed('kind', `asked for was ${quoted(kind)}; this is ${quoted(record.kind)}`);

  record.logged = bundle.proof ? await verifyLogged(record, bundle.proof, trust, checks) : withoutProof(policy, checks);
  checkIssuer(record, signers, checks);
  await checks.require('samples', async () => {
    record.samples = await verifySamples(bundle.samples, record, checks);
  });
  return record;
}

/** The record, if the key that it names signed it and its rules hold. */
async function verifySigned(envelope, checks) {
  const statement = await checks.require('payload', () => readStatement(envelope.payload));
  if (!statement) return null;
  checks.passed('payload', 'canonical JSON of an in-toto statement');

  const key = await checks.require('signature', async () => {
    const named = isObject(statement.predicate.issuer) ? statement.predicate.issuer.key : undefined;
    check(isText(named), "the statement does not name its issuer's key, as every record does");
    const issuer = publicKey(named, "the issuer's key");
    const id = await issuer.id();
    check(envelope.keyid === id, `the envelope names the key ${quoted(envelope.keyid)}; the issuer's key is ${id}`);
    const holds = await verifyAny(
      issuer,
      envelope.signature,
      preAuthentication(envelope.payloadType, envelope.payload),
    );
    check(holds, 'the signature is not by this key, or not over this content');
    check(
      envelope.payloadType === PAYLOAD_TYPE,
      `the payload is of the type ${quoted(envelope.payloadType)}, which is no statement`,
    );
    checks.passed('signature', `${issuer.kind} key ${id}`);
    return { ...issuer, id };
  });
  if (!key) return null;

  const record = await checks.require('schema', () => readRecord(statement));
  if (!record) return null;
  const what = `${record.kind}, version ${record.version}`;
  checks.passed('schema', what);
  if (record.refs !== undefined) {
    const about = await checks.require('subjects', () => checkSubjects(record).then(() => true));
    if (!about) return null;
    checks.passed('subjects', record.subjects.map((one) => shown(one.name)).join(', '));
  } else {
    const unknown = `${what}, is not known to this verifier: it is shown, and not interpreted`;
    checks.notChecked('schema', unknown);
    checks.notChecked('subjects', unknown);
  }
  if (!(await checks.require('schema', () => checkExact(statement) ?? true))) return null;
  return { ...record, digest: await envelope.digest(), key };
}

function withoutProof(policy, checks) {
  const none = 'there is no proof that the record was logged';
  for (const id of ['log-entry', 'inclusion', 'checkpoint', 'witnesses']) checks.notChecked(id, none);
  if (policy) checks.failed('log-entry', `${none}, and the policy asks for one; ask the issuer for the bundle`);
  return null;
}

/** Where the record was logged, if a log that the policy believes signed that and enough witnesses saw it. */
async function verifyLogged(record, proof, { policy, now }, checks) {
  const entry = await checks.require('log-entry', () => entryOf(record, record.digest, record.key.id, proof.extra));
  if (entry) checks.passed('log-entry', `logged on ${entry.time} as ${record.kind}`);
  const checkpoint =
    entry &&
    (await checks.require('inclusion', async () => {
      const head = readCheckpoint(proof.note);
      const root = await rootFromInclusion({
        index: proof.index,
        size: head.size,
        leaf: await leafHash(entry.entry),
        path: proof.path,
      });
      check(equal(root, head.root), "the proof does not lead to the checkpoint's root");
      checks.passed('inclusion', `entry ${proof.index} of ${head.size}`);
      return head;
    }));
  if (!policy) {
    const why = 'no policy was given that says which logs and witnesses you trust';
    checks.notChecked('checkpoint', why);
    checks.notChecked('witnesses', why);
    return null;
  }
  const believed = await verifyCheckpoint(proof.note, policy, now, checks);
  if (!believed || !checkpoint) return null;
  const { origin, size, root } = checkpoint;
  return { origin, index: String(proof.index), size: String(size), root: hex(root), time: entry.time };
}

async function verifyCheckpoint(note, policy, now, checks) {
  const assessed = await checks.require('checkpoint', async () => {
    const head = readCheckpoint(note);
    const signers = await signersOf({ ...head, ...note }, [...policy.logs, ...policy.witnesses]);
    const log = policy.logs.find((key) => signers.has(key) && key.name === head.origin);
    check(log, `no log that the policy believes signed this checkpoint of ${quoted(head.origin)}`);
    checks.passed('checkpoint', `signed by the log ${shown(head.origin)}`);
    return signers;
  });
  if (!assessed) return false;
  const cosigned = policy.witnesses.filter((key) => assessed.has(key));
  const isFresh = (key) =>
    now === undefined || policy.maxAge === undefined || BigInt(Math.floor(now)) - assessed.get(key) <= policy.maxAge;
  const counting = new Set(cosigned.filter(isFresh));
  const names = cosigned.map(
    (key) => `${shown(key.name)} (${instant(assessed.get(key))}${counting.has(key) ? '' : ', too old to count'})`,
  );
  const seen = names.length ? `cosigned by ${names.join(', ')}` : 'cosigned by none that it knows';
  const met = policy.quorum(counting);
  if (policy.quorum === nobody) checks.notChecked('witnesses', `the policy asks for no witness; ${seen}`);
  else if (met) checks.passed('witnesses', seen);
  else checks.failed('witnesses', `too few witnesses cosigned the checkpoint: ${seen}`);
  return met;
}

const instant = (seconds) =>
  seconds <= 253402300799n
    ? new Date(Number(seconds) * 1000).toISOString().replace('.000', '')
    : `${seconds} seconds after 1970`;

/** Whether the reader trusts the key, at the time of logging where that is proven: the issuer can write any time. */
function checkIssuer(record, signers, checks) {
  const { name: label, key: encoded } = record.issuer;
  const caution = mixesScripts(label) ? '; the name mixes letters of alphabets that look alike' : '';
  const claim = `the record calls its issuer ${quoted(label)}${caution}`;
  if (!signers) {
    checks.notChecked('issuer', `no trusted keys were given, so whose key ${record.key.id} is remains open; ${claim}`);
    return;
  }
  const [at, clock] = record.logged
    ? [record.logged.time, 'when it was logged']
    : [record.issuedAt, "when it was issued, by the issuer's own clock"];
  const names = namesOf(signers, publicKey(encoded, "the issuer's key").point, at);
  if (names.length) checks.passed('issuer', `you know the key as ${names.map(shown).join(', ')}; ${claim}`);
  else checks.failed('issuer', `key ${record.key.id} was not trusted on ${at}, ${clock}; ${claim}`);
}

/** The samples, if every single one is the record's (docs/design/evidence.md, "Samples"). */
async function verifySamples(samples, record, checks) {
  if (samples.length === 0) {
    checks.notChecked('samples', 'the file reveals no samples');
    return [];
  }
  const evaluated = record.kind === 'evaluation' && record.refs !== undefined;
  check(evaluated, 'the file reveals samples, but its record has none: it is no evaluation');
  const ordered = samples.every((sample, i) => i === 0 || samples[i - 1].index < sample.index);
  check(ordered, "the revealed samples do not stand in the run's order, each once");
  const tree = record.body.samples;
  for (const sample of samples) {
    const which = `sample ${sample.index}`;
    check(sample.record === record.digest, `${which} is of another record`);
    check(
      sample.count === tree.count,
      `${which} says that the run has ${sample.count} samples; the record says ${tree.count}`,
    );
    const leaf = await leafHash(
      bytes(await commitment(sample, 'shown', which), await commitment(sample, 'content', which)),
    );
    const path = sample.path.map((one) => digestOf(one, `a hash of ${which}`));
    const root = await rootFromInclusion({ index: BigInt(sample.index), size: BigInt(tree.count), leaf, path });
    check(hex(root) === tree.root, `${which} is not the one that the record was signed over`);
  }
  checks.passed('samples', `${samples.length} of ${tree.count} samples`);
  return samples;
}

/** The commitment to a part of a sample: opened by its text and salt, or as it stands if the part is withheld. */
async function commitment(sample, part, which) {
  const text = sample[part];
  if (text === undefined) return digestOf(sample.contentCommitment, `the commitment of ${which}`);
  const what = `the ${part} part of ${which}`;
  check(canonical(parseJson(text, { what, finite: true })) === text, `${what} is not canonical JSON (RFC 8785)`);
  return sha256(`overt/sample/${part}/v1\0`, digestOf(sample[`${part}Salt`], `the salt of ${which}`), text);
}

async function verifyForkFile(octets, { policy }) {
  const checks = new Checks(FORK_TITLES);
  const file = await checks.require('format', () => readFork(octets));
  if (file) checks.passed('format', 'read, within its limits');
  const fork = file ? await checks.require('fork', () => verifyFork(file)) : undefined;
  if (fork) {
    checks.passed('fork', `${shown(file.key.name)} signed ${fork}`);
    const known = policy?.logs.some((key) => key.text === file.key.text);
    if (!policy)
      checks.notChecked(
        'log',
        `no policy was given that says which logs you know; anybody can fork a log of their own, and this one has the key ${shown(file.key.text)}`,
      );
    else if (known) checks.passed('log', shown(file.key.name));
    else checks.failed('log', 'the policy does not know the key of this log; anybody can fork a log of their own');
  }
  const made = checks.report();
  return { ok: made.every(({ outcome }) => outcome !== 'failed'), checks: made, record: null };
}

// ---------------------------------------------------------------------------------------------------------------------
// The command line (Node only)

async function main(words) {
  const { readFile } = await import('node:fs/promises');
  const usage = 'usage: node verify.js FILE [--policy FILE] [--trust FILE] [--json]';
  const [paths, options] = [[], {}];
  for (let i = 0; i < words.length; i++) {
    if (words[i] === '--json') options.json = true;
    else if (['--policy', '--trust'].includes(words[i]) && i + 1 < words.length)
      options[words[i].slice(2)] = words[++i];
    else if (words[i].startsWith('-')) return [2, '', usage];
    else paths.push(words[i]);
  }
  if (paths.length !== 1) return [2, '', usage];
  try {
    const unreadable = (path) => (error) => refuse(`${path} cannot be read (${error.code})`);
    const read = async (path) =>
      path === undefined ? undefined : new Uint8Array(await readFile(path).catch(unreadable(path)));
    const [file, policy, trust] = await Promise.all([paths[0], options.policy, options.trust].map(read));
    const report = await verify(file, { policy, trust });
    if (options.json) return [exitStatus(report), JSON.stringify(report, null, 2), ''];
    if (report.error) return [2, '', `error: ${report.error}`];
    const marks = { passed: 'ok', failed: 'NO', not_checked: '--' };
    const lines = report.checks.map(({ title, outcome, detail }) => `${marks[outcome]}  ${title}: ${detail}`);
    return [exitStatus(report), [...lines, report.ok ? 'verified' : 'NOT verified'].join('\n'), ''];
  } catch (error) {
    return [2, '', `error: ${error.message}`];
  }
}

const exitStatus = ({ ok, error }) => (error ? 2 : ok ? 0 : 1);

const isCommand = async () => {
  if (typeof process === 'undefined' || !process.versions?.node || !process.argv[1]) return false;
  const [{ realpathSync }, { pathToFileURL }] = await Promise.all([import('node:fs'), import('node:url')]);
  return import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href;
};

if (await isCommand().catch(() => false)) {
  const [status, output, complaint] = await main(process.argv.slice(2));
  if (output) console.log(output);
  if (complaint) console.error(complaint);
  process.exitCode = status;
}
