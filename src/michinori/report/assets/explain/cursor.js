// Reading bits out of octets, and never past the end of what one header may read.

/** Thrown when a header wants more than there is; decode.js turns it into a mark on the layer. */
export class Short extends Error {}

export class Cursor {
  /**
   * @param {Uint8Array} octets
   * @param {number} at First octet that may be read.
   * @param {number} end First octet that may not.
   * @param {number} [origin] Where the message began, for names that point back into it.
   */
  constructor(octets, at, end, origin = at) {
    this.octets = octets;
    this.bit = at * 8;
    this.end = Math.min(end, octets.length);
    this.origin = origin;
  }

  /** The octet that is next. Fields that are not whole octets lie inside one or two. */
  get at() {
    return this.bit >> 3;
  }

  /** Bits that are left. */
  get left() {
    return this.end * 8 - this.bit;
  }

  /** @param {number} bits */
  skip(bits) {
    if (bits > this.left || bits < 0) throw new Short();
    this.bit += bits;
  }

  /**
   * An unsigned number of up to 32 bits.
   * @param {number} bits
   */
  number(bits) {
    const start = this.bit;
    this.skip(bits);
    return bitsAt(this.octets, start, bits);
  }

  /**
   * Whole octets, not copied.
   * @param {number} count
   */
  take(count) {
    const start = this.at;
    this.skip(count * 8);
    return this.octets.subarray(start, start + count);
  }

  /**
   * A cursor over the next octets alone; this one goes behind them.
   * @param {number} count
   */
  fence(count) {
    const start = this.at;
    this.skip(count * 8);
    return new Cursor(this.octets, start, start + count, this.origin);
  }
}

/**
 * @param {Uint8Array} octets
 * @param {number} start In bits.
 * @param {number} bits Up to 32.
 */
export function bitsAt(octets, start, bits) {
  let value = 0;
  for (let bit = start; bit < start + bits; bit += 1) value = value * 2 + ((octets[bit >> 3] >> (7 - (bit & 7))) & 1);
  return value;
}

/**
 * A domain name (RFC 1035 section 3.1), compressed or not (section 4.1.4). A pointer leads strictly backwards, so this ends.
 * @param {Cursor} cursor
 */
export function domainName(cursor) {
  const labels = [];
  let reader = cursor;
  let least = cursor.at;
  for (;;) {
    const length = reader.number(8);
    if (length === 0) break;
    if (length >= 0xc0) {
      const target = cursor.origin + (length & 0x3f) * 256 + reader.number(8);
      if (target >= least) throw new Short();
      least = target;
      reader = new Cursor(cursor.octets, target, cursor.octets.length, cursor.origin);
    } else if (length > 63) {
      throw new Short();
    } else {
      labels.push(label(reader.take(length)));
    }
  }
  return labels.length ? labels.join(".") : "<Root>";
}

/** @param {Uint8Array} octets */
function label(octets) {
  return Array.from(octets, (octet) => {
    const plain = octet > 0x20 && octet < 0x7f && octet !== 0x2e && octet !== 0x5c;
    return plain ? String.fromCharCode(octet) : `\\${String(octet).padStart(3, "0")}`;
  }).join("");
}
