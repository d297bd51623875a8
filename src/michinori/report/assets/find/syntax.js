// @ts-check
// The language of filters, from text to a tree:  tcp.port == 80 and (host == pc or not dropped) サーバ "two words"

/** @typedef {import("../i18n.js").Texts} Texts */
/** @typedef {"==" | "!=" | "<" | ">" | "<=" | ">=" | "contains"} Operator */
/**
 * @typedef {{kind: "and" | "or", parts: Tree[]} | {kind: "not", part: Tree} | {kind: "word", text: string, quoted: boolean}
 *   | {kind: "compare", field: string, operator: Operator, value: string, at: number}} Tree
 */
/** @typedef {{text: string, at: number, quoted: boolean, kind: "word" | "operator" | "(" | ")" | "!"}} Token */

/** What is wrong with a filter, in one sentence, and where. */
export class FilterError extends Error {
  /** @param {Texts} says @param {number} at the first character that is wrong */
  constructor(says, at) {
    super(says.en);
    this.says = says;
    this.at = at;
  }
}

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|(==|!=|<=|>=|<|>|=)|(&&|\|\|)|([()!])|([^\s()"!<>=&|]+))/gy;
/** Full-width signs as they come from a Japanese keyboard; each is one character, so places stay where they are. @type {Record<string, string>} */
const WIDE = { "＝": "=", "＜": "<", "＞": ">", "（": "(", "）": ")", "！": "!", "＆": "&", "｜": "|", "”": '"', "“": '"', "＂": '"', "　": " " };

/** @param {string} text @returns {Token[]} */
function tokensOf(text) {
  const plain = text.replace(/[＝＜＞（）！＆｜”“＂　]/g, (sign) => WIDE[sign]);
  /** @type {Token[]} */
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; plain.slice(at).trim(); at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(plain);
    if (!found) {
      const wrong = at + (plain.slice(at).length - plain.slice(at).trimStart().length);
      throw plain[wrong] === '"'
        ? new FilterError({ ja: "引用符「\"」が閉じていません。", en: 'A quotation mark (") is not closed.' }, wrong)
        : new FilterError({ ja: `「${plain[wrong]}」がここにあるのは誤りです。`, en: `"${plain[wrong]}" makes no sense here.` }, wrong);
    }
    const [whole, quoted, operator, sign, bracket, word] = found;
    const begin = at + whole.length - whole.trimStart().length;
    if (quoted !== undefined) tokens.push({ kind: "word", text: quoted.replace(/\\(.)/g, "$1"), at: begin, quoted: true });
    else if (operator) tokens.push({ kind: "operator", text: operator === "=" ? "==" : operator, at: begin, quoted: false });
    else if (sign) tokens.push({ kind: "word", text: sign === "&&" ? "and" : "or", at: begin, quoted: false });
    else if (bracket) tokens.push({ kind: /** @type {"(" | ")" | "!"} */ (bracket), text: bracket, at: begin, quoted: false });
    else tokens.push({ kind: "word", text: word, at: begin, quoted: false });
  }
  return tokens;
}

/** @param {string} text @returns {Tree | null} null if nothing is asked for; throws FilterError */
export function parse(text) {
  const parser = new Parser(tokensOf(text), text.length);
  if (!parser.tokens.length) return null;
  const tree = parser.either();
  const left = parser.next;
  if (left) throw new FilterError({ ja: "「)」に対応する「(」がありません。", en: 'A ")" has no "(".' }, left.at);
  return tree;
}

class Parser {
  /** @param {Token[]} tokens @param {number} end */
  constructor(tokens, end) {
    this.tokens = tokens;
    this.end = end;
    this.at = 0;
  }

  /** @returns {Token | undefined} */
  get next() {
    return this.tokens[this.at];
  }

  /** @param {string} word */
  isWord(word) {
    const { next } = this;
    return next !== undefined && next.kind === "word" && !next.quoted && next.text.toLowerCase() === word;
  }

  /** @returns {Tree} */
  either() {
    const parts = [this.both()];
    while (this.isWord("or")) {
      this.at++;
      parts.push(this.both());
    }
    return parts.length === 1 ? parts[0] : { kind: "or", parts };
  }

  /** What stands side by side must all be so. @returns {Tree} */
  both() {
    const parts = [this.one()];
    while (this.next && this.next.kind !== ")" && !this.isWord("or")) {
      if (this.isWord("and")) this.at++;
      parts.push(this.one());
    }
    return parts.length === 1 ? parts[0] : { kind: "and", parts };
  }

  /** @returns {Tree} */
  one() {
    const token = this.next;
    if (!token || token.kind === ")" || this.isWord("and") || this.isWord("or")) {
      throw new FilterError({ ja: "ここに条件が要ります。", en: "A condition is missing here." }, token?.at ?? this.end);
    }
    this.at++;
    if (token.kind === "!" || (token.kind === "word" && !token.quoted && token.text.toLowerCase() === "not")) return { kind: "not", part: this.one() };
    if (token.kind === "(") return this.inside(token);
    if (token.kind === "operator") throw new FilterError({ ja: `「${token.text}」の左に項目の名前が要ります (例: tcp.port == 80)。`, en: `A field's name is missing before "${token.text}" (as in tcp.port == 80).` }, token.at);
    return this.comparison(token);
  }

  /** @param {Token} open @returns {Tree} */
  inside(open) {
    const tree = this.either();
    if (this.next?.kind !== ")") throw new FilterError({ ja: "「(」が閉じていません。", en: 'A "(" is not closed.' }, open.at);
    this.at++;
    return tree;
  }

  /** @param {Token} field @returns {Tree} */
  comparison(field) {
    const sign = this.next, contains = this.isWord("contains");
    if (field.quoted || !sign || (sign.kind !== "operator" && !contains)) return { kind: "word", text: field.text, quoted: field.quoted };
    this.at++;
    const value = this.next;
    if (value?.kind !== "word") throw new FilterError({ ja: `「${field.text} ${sign.text}」の右に値が要ります。`, en: `A value is missing after "${field.text} ${sign.text}".` }, value?.at ?? this.end);
    this.at++;
    return { kind: "compare", field: field.text, operator: /** @type {Operator} */ (contains ? "contains" : sign.text), value: value.text, at: field.at };
  }
}
