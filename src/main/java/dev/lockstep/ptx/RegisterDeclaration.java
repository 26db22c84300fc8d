package dev.lockstep.ptx;

import java.util.function.Consumer;

/**
 * One name of a {@code .reg} statement.
 *
 * @param count of {@code %f<9>} the 9; 1 where the name stands alone
 * @param ranged whether the name is a prefix: {@code %f<9>} declares %f0 to %f8
 * @param lanes elements of each; 1 for no vector
 */
record RegisterDeclaration(String name, int count, boolean ranged, int lanes, ScalarType type) {
  private static final int MAX_REGISTERS = 1 << 30;

  /**
   * Parses {@code .reg .v2 .f32 %f<9>, a;}.
   *
   * @param each is told of every name before the next is read
   */
  static void parse(Lexer lexer, Consumer<RegisterDeclaration> each) {
    lexer.advance();
    int lanes = VariableParser.registerVector(lexer);
    ScalarType type = Syntax.type(lexer);
    while (true) {
      each.accept(one(lexer, lanes, type));
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
    }
    Syntax.expect(lexer, ';');
  }

  private static RegisterDeclaration one(Lexer lexer, int lanes, ScalarType type) {
    String name = Syntax.identifier(lexer, "a register name");
    if (!lexer.at('<')) {
      return new RegisterDeclaration(name, 1, false, lanes, type);
    }
    lexer.advance();
    int count = Syntax.count(lexer, MAX_REGISTERS);
    Syntax.expect(lexer, '>');
    return new RegisterDeclaration(name, count, true, lanes, type);
  }

  /** Declares it in the innermost scope that is open. */
  void declareIn(Scopes scopes) {
    if (ranged) {
      scopes.declareRange(name, count, lanes, type);
    } else if (lanes > 1) {
      scopes.declareVector(name, lanes, type);
    } else {
      scopes.declare(name, type);
    }
  }
}
