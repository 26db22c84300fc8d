package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.List;

/** Parses operands (PTX ISA 6). */
final class OperandParser {
  private final Lexer lexer;
  private final RegisterScopes scopes;

  OperandParser(Lexer lexer, RegisterScopes scopes) {
    this.lexer = lexer;
    this.scopes = scopes;
  }

  Operand parse() {
    Operand operand =
        switch (lexer.kind()) {
          case '[' -> address();
          case '{' -> new Operand.Vector(list('}'));
          case '(' -> new Operand.Arguments(list(')'));
          case '!' -> {
            lexer.advance();
            yield new Operand.Not(predicate());
          }
          default -> simple();
        };
    if (lexer.at('|')) {
      lexer.advance();
      return new Operand.Pair(operand, simple());
    }
    return operand;
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

  private List<Operand> list(char close) {
    lexer.advance();
    List<Operand> elements = new ArrayList<>();
    while (!lexer.at(close)) {
      elements.add(parse());
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
    }
    Syntax.expect(lexer, close);
    return List.copyOf(elements);
  }

  private Operand address() {
    lexer.advance();
    Operand base = simple();
    long offset = 0;
    if (base instanceof Operand.Symbol symbol) {
      offset = symbol.offset();
      base = new Operand.Symbol(symbol.name(), 0);
    } else {
      offset = offset();
    }
    Operand address = new Operand.Address(base, offset);
    if (lexer.at(',')) {
      List<Operand> elements = new ArrayList<>(List.of(address));
      while (lexer.at(',')) {
        lexer.advance();
        elements.add(parse());
      }
      address = new Operand.Indexed(List.copyOf(elements));
    }
    Syntax.expect(lexer, ']');
    return address;
  }

  /** {@code +4}, {@code -4}, {@code +-4} or nothing. */
  private long offset() {
    long offset = 0;
    while (lexer.at('+') || lexer.at('-')) {
      boolean negative = false;
      while (lexer.at('+') || lexer.at('-')) {
        negative ^= lexer.at('-');
        lexer.advance();
      }
      long value = Syntax.integer(lexer);
      offset += negative ? -value : value;
    }
    return offset;
  }

  private Operand simple() {
    if (lexer.at('-') || lexer.at('+')) {
      boolean negative = lexer.at('-');
      lexer.advance();
      return number(negative);
    }
    if (lexer.kind() == Lexer.NUMBER) {
      return number(false);
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
    if (word.charAt(0) == '%') {
      if (!SpecialRegisters.isName(word)) {
        throw lexer.error("undeclared register " + word);
      }
      lexer.advance();
      return new Operand.Special(word);
    }
    lexer.advance();
    return new Operand.Symbol(word, offset());
  }

  private Operand number(boolean negative) {
    if (lexer.kind() != Lexer.NUMBER) {
      throw lexer.error("expected a number, found '" + lexer.text() + "'");
    }
    Operand literal = Literals.parse(lexer, negative);
    lexer.advance();
    return literal;
  }
}
