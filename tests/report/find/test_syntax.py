"""The language of filters: folding, how a filter is read, and the sentence that says what is wrong with one."""

import node
import pytest

pytestmark = pytest.mark.peer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("サーバ", "サーバー"),
        ("WEBサーバーに", "webサーバに"),
        ("サーバ", "ｻｰﾊﾞｰ"),
        ("ＡＢＣ１２３", "abc123"),
        ("ルータ ルーター", "ルーター ルータ"),
        ("ガ", "ｶﾞ"),
    ],
)
def test_forms_of_one_word_are_one(one, other):
    assert len(set(node.call("find/fold.js", [("fold", one), ("fold", other)]))) == 1


@pytest.mark.parametrize(("one", "other"), [("ビール", "ビル"), ("サーバ", "サバ"), ("か", "が")])
def test_other_words_are_others(one, other):
    assert len(set(node.call("find/fold.js", [("fold", one), ("fold", other)]))) == 2


def read(text):
    """The tree of a filter, in the notation of Lisp."""
    [tree] = node.call("find/syntax.js", [("parse", text)])
    return lisp(tree)


def lisp(tree):
    match tree["kind"]:
        case "and" | "or":
            return f"({tree['kind']} {' '.join(map(lisp, tree['parts']))})"
        case "not":
            return f"(not {lisp(tree['part'])})"
        case "compare":
            return f"[{tree['field']} {tree['operator']} {tree['value']}]"
        case _:
            return tree["text"]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("tcp.port == 80", "[tcp.port == 80]"),
        ("tcp.port=80", "[tcp.port == 80]"),
        ("tcp.port＝＝80", "[tcp.port == 80]"),
        ("host == pc and not dropped", "(and [host == pc] (not dropped))"),
        ("a b or c", "(or (and a b) c)"),
        ("a && (b || c)", "(and a (or b c))"),
        ("（a or b）　c", "(and (or a b) c)"),
        ("!a and !(b)", "(and (not a) (not b))"),
        ('"two words" x', "(and two words x)"),
        ('what contains "sent"', "[what contains sent]"),
        ("t >= 100ms AND t < 0.2s", "(and [t >= 100ms] [t < 0.2s])"),
        ("ip.addr == 192.0.2.0/24", "[ip.addr == 192.0.2.0/24]"),
        ('"not" or "or"', "(or not or)"),
    ],
)
def test_how_a_filter_is_read(text, tree):
    assert read(text) == tree


def test_nothing_asks_for_nothing():
    assert node.call("find/syntax.js", [("parse", "  ")]) == [None]


@pytest.mark.parametrize(
    ("text", "says", "at"),
    [
        ("tcp.prt == 80", 'no field "tcp.prt". Did you mean "tcp.port"?', 0),
        ("nonsense == 80", 'no field "nonsense".', 0),
        ("tcp.port == http", '"tcp.port" is compared with a number', 0),
        ("ip.addr > 10", "knows only == and !=", 0),
        ("(host == pc", 'A "(" is not closed.', 0),
        ("host == pc)", 'A ")" has no "(".', 10),
        ('x "abc', "is not closed", 2),
        ("tcp.port ==", 'A value is missing after "tcp.port =="', 11),
        ("== 80", "field's name is missing", 0),
        ("a and", "A condition is missing here.", 5),
        ("a or or b", "A condition is missing here.", 5),
        ("a & b", '"&" makes no sense here.', 2),
    ],
)
def test_a_wrong_filter_is_answered_by_one_sentence(text, says, at):
    [wrong] = node.call("find/filter.js", [("wrongIn", text)])
    assert says in wrong["en"]
    assert wrong["at"] == at
    assert wrong["ja"].endswith(("。", "。)"))
    assert wrong["ja"].count("。") <= 2
