package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.List;

/** Parses operands (PTX ISA 6). */
final class OperandParser {
  private static final int MAX_NESTING = 8;

  private final Lexer lexer;
  private final Scopes scopes;
  private final Names names;
  private final List<Preparation> preparations = new ArrayList<>();
  private final Elements elements;
  private String opcode = "";
  private int nesting;

  OperandParser(Lexer lexer, Scopes scopes, Names names) {
    this.lexer = lexer;
    this.scopes = scopes;
    this.names = names;
    this.elements = new Elements(lexer, scopes, names, preparations);
  }

  /** The next operands belong to this instruction, opcode as written. */
  void begin(String written) {
    opcode = written;
  }

  /**
   * One operand.
   *
   * @param call whether a parenthesis holds arguments; elsewhere it is a constant expression
   */
  Operand parse(boolean call) {
    Operand operand =
        switch (lexer.kind()) {
          case '[' -> address();
          case '{' -> new Operand.Vector(list('}'));
          case '(' -> call ? arguments() : ConstantExpression.parse(lexer);
          case '!' -> complement();
          case '-' -> negative();
          default -> simple();
        };
    if (operand instanceof Operand.Symbol symbol && lexer.at('[')) {
      return elements.parse(symbol, opcode);
    }
    if (lexer.at('|')) {
      lexer.advance();
      return new Operand.Pair(operand, simple());
    }
    return operand;
  }

  /** {@link #parse}, where it may also be {@code %r+4}, a register and a constant. */
  Operand value() {
    Operand operand = parse(false);
    if (!(operand instanceof Operand.Reg(Register register)) || !lexer.at('+')) {
      return operand;
    }
    if (!Preparation.isInteger(register.type())) {
      throw lexer.error(
          "a constant cannot be added to %s, a .%s register"
              .formatted(register, register.type().spelling()));
    }
    long constant = ConstantExpression.offset(lexer);
    Register result = scopes.unnamed(register + "+" + constant, register.type());
    preparations.add(Preparation.sum(result, register, constant));
    return new Operand.Reg(result);
  }

  /** What has to be computed first for the operands since the last call. */
  List<Preparation> takePreparations() {
    List<Preparation> taken = List.copyOf(preparations);
    preparations.clear();
    return taken;
  }

  /** The operand of a branch: a label, known or not yet. */
  Operand target() {
    return new Operand.Target(Syntax.word(lexer, "a label"));
  }

  /** A register of type {@code .pred}. */
  Register predicate() {
    PtxSyntaxException wrong = lexer.error("expected a predicate register");
    Register register = scopes.find(Syntax.word(lexer, "a predicate"));
    if (register == null || register.type() != ScalarType.PRED) {
      throw wrong;
    }
    return register;
  }

  /** {@code !%p}; before a number it belongs to a constant expression. */
  private Operand complement() {
    if (!Character.isLetter(lexer.following()) && "%_$".indexOf(lexer.following()) < 0) {
      return ConstantExpression.parse(lexer);
    }
    lexer.advance();
    return new Operand.Not(predicate());
  }

  /** {@code -%r}; before anything else it belongs to a constant expression. */
  private Operand negative() {
    if (!lexer.followedByOtherThan("WARP_SZ")) {
      return ConstantExpression.parse(lexer);
    }
    lexer.advance();
    PtxSyntaxException wrong = lexer.error("expected a register, found '" + lexer.text() + "'");
    Operand operand = simple();
    if (operand instanceof Operand.Reg || operand instanceof Operand.Part) {
      return new Operand.Negated(operand);
    }
    throw wrong;
  }

  private Operand arguments() {
    List<Operand> flat = new ArrayList<>();
    for (Operand argument : list(')')) {
      flat.addAll(
          argument instanceof Operand.Vector(List<Operand> elements)
              ? elements
              : List.of(argument));
    }
    return new Operand.Arguments(List.copyOf(flat));
  }

  private List<Operand> list(char close) {
    if (++nesting > MAX_NESTING) {
      throw lexer.error("operands nested deeper than " + MAX_NESTING);
    }
    lexer.advance();
    List<Operand> elements = new ArrayList<>();
    while (!lexer.at(close)) {
      if (close == '}' && lexer.at('{')) {
        throw lexer.error("a vector within a vector");
      }
      elements.add(parse(false));
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
      if (lexer.at(close)) {
        throw lexer.error("an operand is missing behind the comma");
      }
    }
    if (elements.isEmpty() && close == '}') {
      throw lexer.error("a vector has elements");
    }
    Syntax.expect(lexer, close);
    nesting--;
    return List.copyOf(elements);
  }

  private Operand address() {
    if (++nesting > MAX_NESTING) {
      throw lexer.error("operands nested deeper than " + MAX_NESTING);
    }
    lexer.advance();
    Operand base = simple();
    if (base instanceof Operand.Reg(Register register) && !Preparation.isInteger(register.type())) {
      throw lexer.error(
          "%s, a .%s register, holds no address".formatted(register, register.type().spelling()));
    }
    long offset;
    if (base instanceof Operand.Symbol symbol) {
      offset = symbol.offset();
      base = new Operand.Symbol(symbol.name(), 0);
    } else {
      offset = ConstantExpression.offset(lexer);
    }
    Operand address = new Operand.Address(base, offset);
    if (lexer.at(',')) {
      List<Operand> elements = new ArrayList<>(List.of(address));
      while (lexer.at(',')) {
        lexer.advance();
        elements.add(parse(false));
      }
      address = new Operand.Indexed(List.copyOf(elements));
    }
    Syntax.expect(lexer, ']');
    nesting--;
    return address;
  }

  /** {@code b} and up to four digits, or {@code h} and up to two. */
  private static boolean isSelector(String word) {
    int digits = word.length() - 1;
    boolean bytes = word.startsWith("b") && digits <= 4;
    boolean halves = word.startsWith("h") && digits <= 2;
    return (bytes || halves)
        && digits > 0
        && word.chars().skip(1).allMatch(c -> c >= '0' && c <= (bytes ? '7' : '3'));
  }

  /** Whether {@code .x} follows a vector's name: white space may stand before it. */
  private boolean atElement() {
    return lexer.kind() == Lexer.WORD && lexer.first() == '.';
  }

  private Operand element(String vector) {
    String name = vector + lexer.text();
    Register register = scopes.find(name);
    if (register == null) {
      throw lexer.error("undeclared register " + name);
    }
    lexer.advance();
    return new Operand.Reg(register);
  }

  private Operand special(String word) {
    PtxSyntaxException undeclared = lexer.error("undeclared register " + word);
    lexer.advance();
    String name = word;
    if (atElement()) {
      name += lexer.text();
      lexer.advance();
    }
    if (!SpecialRegisters.isName(name)) {
      throw undeclared;
    }
    return new Operand.Special(SpecialRegisters.canonical(name));
  }

  private Operand simple() {
    if (ConstantExpression.starts(lexer)) {
      return ConstantExpression.parse(lexer);
    }
    if (lexer.kind() != Lexer.WORD) {
      throw lexer.error("expected an operand, found '" + lexer.text() + "'");
    }
    String word = lexer.text();
    if (word.equals("_")) {
      lexer.advance();
      return new Operand.Sink();
    }
    if (word.equals("WARP_SZ")) {
      lexer.advance();
      return new Operand.IntLiteral(32);
    }
    Register register = scopes.find(word);
    if (register != null) {
      lexer.advance();
      return new Operand.Reg(register);
    }
    List<Register> vector = scopes.findVector(word);
    if (vector != null) {
      lexer.advance();
      if (atElement()) {
        return element(word);
      }
      return new Operand.Vector(vector.stream().<Operand>map(Operand.Reg::new).toList());
    }
    int dot = word.indexOf('.');
    Register whole = dot < 0 ? null : scopes.find(word.substring(0, dot));
    if (whole != null && isSelector(word.substring(dot + 1))) {
      lexer.advance();
      return new Operand.Part(whole, word.substring(dot + 1));
    }
    String variable = scopes.findVariable(word);
    if (variable == null && word.charAt(0) == '%' && !names.declares(word)) {
      return special(word);
    }
    if (variable == null) {
      names.used(word, lexer);
    }
    lexer.advance();
    return new Operand.Symbol(variable == null ? word : variable, ConstantExpression.offset(lexer));
  }
}
