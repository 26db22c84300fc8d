package dev.lockstep.ptx;

import org.jspecify.annotations.Nullable;

/**
 * Computes constant expressions (PTX ISA 4.5): every operator of C but those that assign, with C's
 * precedence; integers are 64 bits wide, signed unless they are too large for that, end in {@code
 * U} or are made so by an operand.
 */
final class ConstantExpression {
  private static final int MAX_DEPTH = 100;
  private static final int UNARY = 11;

  private final Lexer lexer;
  private int depth;

  private ConstantExpression(Lexer lexer) {
    this.lexer = lexer;
  }

  /** A value: integers keep their bits in {@code bits}, floats are doubles. */
  private record Value(long bits, double real, Kind kind) {
    static Value of(boolean truth) {
      return of(truth ? 1 : 0, false);
    }

    static Value of(long bits, boolean unsigned) {
      return new Value(bits, 0, unsigned ? Kind.UNSIGNED : Kind.SIGNED);
    }

    boolean isFloat() {
      return kind == Kind.SINGLE || kind == Kind.DOUBLE;
    }

    boolean unsigned() {
      return kind == Kind.UNSIGNED;
    }

    boolean isTrue() {
      return isFloat() ? real != 0 : bits != 0;
    }

    double asReal() {
      return isFloat() ? real : unsigned() ? unsignedToDouble(bits) : bits;
    }

    private static double unsignedToDouble(long bits) {
      return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
    }
  }

  private enum Kind {
    SIGNED,
    UNSIGNED,
    SINGLE,
    DOUBLE
  }

  /** Whether an expression may start here; a parenthesis may, too, but is asked for apart. */
  static boolean starts(Lexer lexer) {
    return switch (lexer.kind()) {
      case Lexer.NUMBER, '-', '+', '~' -> true;
      case Lexer.WORD -> lexer.atWord("WARP_SZ");
      default -> false;
    };
  }

  /** A whole expression. */
  static Operand parse(Lexer lexer) {
    if (lexer.kind() == Lexer.NUMBER && isNoOperator(lexer.following())) {
      Operand literal = Literals.parse(lexer, false);
      lexer.advance();
      if (operator(lexer) == null && !lexer.at('?')) {
        return literal;
      }
      return operand(new ConstantExpression(lexer).choice(value(literal, false)));
    }
    return operand(new ConstantExpression(lexer).expression());
  }

  /** An integer expression. */
  static long integer(Lexer lexer) {
    PtxSyntaxException wrong = lexer.error("expected an integer, found '" + lexer.text() + "'");
    if (parse(lexer) instanceof Operand.IntLiteral(long value)) {
      return value;
    }
    throw wrong;
  }

  /**
   * What is added to a name or a register: {@code +8}, {@code +8-4}, {@code +-4} or nothing. All
   * behind the first {@code +} is one expression.
   */
  static long offset(Lexer lexer) {
    if (lexer.at('-')) {
      throw lexer.error("an offset is added, not subtracted: write +-4 for four less");
    }
    if (!lexer.at('+')) {
      return 0;
    }
    lexer.advance();
    return integer(lexer);
  }

  private static boolean isNoOperator(char c) {
    return c == ';' || c == ',' || c == ']' || c == '}' || c == ')';
  }

  private static Operand operand(Value value) {
    return switch (value.kind) {
      case SINGLE -> Literals.single((float) value.real);
      case DOUBLE -> Literals.wide(value.real);
      case SIGNED, UNSIGNED -> new Operand.IntLiteral(value.bits);
    };
  }

  private static Value value(Operand literal, boolean unsigned) {
    return switch (literal) {
      case Operand.FloatLiteral f ->
          new Value(0, f.value(), f.single() ? Kind.SINGLE : Kind.DOUBLE);
      case Operand.IntLiteral(long bits) -> Value.of(bits, unsigned);
      default -> throw new AssertionError(literal);
    };
  }

  private Value expression() {
    return choice(unary());
  }

  /** From behind the first operand on: binary operators, then perhaps {@code ? :}. */
  private Value choice(Value first) {
    Value condition = binary(first, 1);
    if (!lexer.at('?')) {
      return condition;
    }
    lexer.advance();
    enter();
    Value yes = expression();
    Syntax.expect(lexer, ':');
    Value no = expression();
    depth--;
    return condition.isTrue() ? yes : no;
  }

  /** Precedence climbing: operators that bind at least as {@code least} does. */
  private Value binary(Value left, int least) {
    Value result = left;
    String operator = operator(lexer);
    while (operator != null && precedence(operator) >= least) {
      lexer.advance();
      if (operator.length() == 2) {
        lexer.advance();
      }
      Value right = unary();
      String next = operator(lexer);
      while (next != null && precedence(next) > precedence(operator)) {
        right = binary(right, precedence(operator) + 1);
        next = operator(lexer);
      }
      result = apply(operator, result, right);
      operator = next;
    }
    return result;
  }

  private Value unary() {
    enter();
    Value value =
        switch (lexer.kind()) {
          case '-' -> {
            lexer.advance();
            yield negated(unary());
          }
          case '+' -> {
            lexer.advance();
            yield unary();
          }
          case '!' -> {
            lexer.advance();
            yield Value.of(!unary().isTrue());
          }
          case '~' -> {
            lexer.advance();
            Value of = integral(unary());
            yield Value.of(~of.bits, of.unsigned());
          }
          case '(' -> parenthesis();
          default -> primary();
        };
    depth--;
    return value;
  }

  private static Value negated(Value value) {
    return new Value(-value.bits, -value.real, value.kind);
  }

  /** {@code (a + b)}, or a cast: {@code (.s64) a}. */
  private Value parenthesis() {
    lexer.advance();
    if (lexer.atWord(".s64") || lexer.atWord(".u64")) {
      boolean unsigned = lexer.atWord(".u64");
      lexer.advance();
      Syntax.expect(lexer, ')');
      Value of = unary();
      return Value.of(of.isFloat() ? (long) of.real : of.bits, unsigned);
    }
    Value value = expression();
    Syntax.expect(lexer, ')');
    return value;
  }

  private Value primary() {
    if (lexer.atWord("WARP_SZ")) {
      lexer.advance();
      return Value.of(32, false);
    }
    if (lexer.kind() != Lexer.NUMBER) {
      throw lexer.error("expected a number, found '" + lexer.text() + "'");
    }
    String text = lexer.text();
    Operand literal = Literals.parse(lexer, false);
    lexer.advance();
    boolean unsigned =
        literal instanceof Operand.IntLiteral(long bits)
            && (bits < 0 || text.endsWith("U") || text.endsWith("u"));
    return value(literal, unsigned);
  }

  private Value integral(Value value) {
    if (value.isFloat()) {
      throw lexer.error("this operator takes integers");
    }
    return value;
  }

  private Value apply(String operator, Value a, Value b) {
    switch (operator) {
      case "&&":
        return Value.of(a.isTrue() && b.isTrue());
      case "||":
        return Value.of(a.isTrue() || b.isTrue());
      default:
        return a.isFloat() || b.isFloat()
            ? real(operator, a.asReal(), b.asReal())
            : whole(operator, a, b);
    }
  }

  private Value real(String operator, double a, double b) {
    return switch (operator) {
      case "+" -> new Value(0, a + b, Kind.DOUBLE);
      case "-" -> new Value(0, a - b, Kind.DOUBLE);
      case "*" -> new Value(0, a * b, Kind.DOUBLE);
      case "/" -> new Value(0, a / b, Kind.DOUBLE);
      case "<" -> Value.of(a < b);
      case "<=" -> Value.of(a <= b);
      case ">" -> Value.of(a > b);
      case ">=" -> Value.of(a >= b);
      case "==" -> Value.of(a == b);
      case "!=" -> Value.of(a != b);
      default -> throw lexer.error("operator " + operator + " takes integers");
    };
  }

  private Value whole(String operator, Value left, Value right) {
    long a = left.bits;
    long b = right.bits;
    boolean unsigned = left.unsigned() || right.unsigned();
    int order = unsigned ? Long.compareUnsigned(a, b) : Long.compare(a, b);
    if ((operator.equals("/") || operator.equals("%")) && b == 0) {
      throw lexer.error("division by zero");
    }
    long bits =
        switch (operator) {
          case "+" -> a + b;
          case "-" -> a - b;
          case "*" -> a * b;
          case "/" -> unsigned ? Long.divideUnsigned(a, b) : a / b;
          case "%" -> unsigned ? Long.remainderUnsigned(a, b) : a % b;
          case "&" -> a & b;
          case "|" -> a | b;
          case "^" -> a ^ b;
          case "<<" -> Long.compareUnsigned(b, 63) > 0 ? 0 : a << b;
          case ">>" -> shiftedRight(a, b, left.unsigned());
          case "<" -> order < 0 ? 1 : 0;
          case "<=" -> order <= 0 ? 1 : 0;
          case ">" -> order > 0 ? 1 : 0;
          case ">=" -> order >= 0 ? 1 : 0;
          case "==" -> a == b ? 1 : 0;
          case "!=" -> a != b ? 1 : 0;
          default -> throw new AssertionError(operator);
        };
    boolean comparison = precedence(operator) == 6 || precedence(operator) == 7;
    boolean shift = precedence(operator) == 8;
    return Value.of(bits, !comparison && (shift ? left.unsigned() : unsigned));
  }

  private static long shiftedRight(long a, long b, boolean unsigned) {
    long count = Long.compareUnsigned(b, 63) > 0 ? 63 : b;
    return unsigned ? a >>> count >>> (count == b ? 0 : 1) : a >> count;
  }

  /** The binary operator the lexer stands at, or null. */
  private static @Nullable String operator(Lexer lexer) {
    char next = lexer.following();
    return switch (lexer.kind()) {
      case '+' -> "+";
      case '-' -> "-";
      case '*' -> "*";
      case '/' -> "/";
      case '^' -> "^";
      case '&' -> next == '&' ? "&&" : "&";
      case '|' -> next == '|' ? "||" : "|";
      case '=' -> next == '=' ? "==" : null;
      case '!' -> next == '=' ? "!=" : null;
      case '<' -> next == '<' ? "<<" : next == '=' ? "<=" : "<";
      case '>' -> next == '>' ? ">>" : next == '=' ? ">=" : ">";
      case Lexer.WORD -> lexer.atWord("%") ? "%" : null;
      default -> null;
    };
  }

  private static int precedence(String operator) {
    return switch (operator) {
      case "||" -> 1;
      case "&&" -> 2;
      case "|" -> 3;
      case "^" -> 4;
      case "&" -> 5;
      case "==", "!=" -> 6;
      case "<", "<=", ">", ">=" -> 7;
      case "<<", ">>" -> 8;
      case "+", "-" -> 9;
      case "*", "/", "%" -> UNARY - 1;
      default -> throw new AssertionError(operator);
    };
  }

  private void enter() {
    if (++depth > MAX_DEPTH) {
      throw lexer.error("an expression nested deeper than " + MAX_DEPTH);
    }
  }
}
