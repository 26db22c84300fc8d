package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Parses variable declarations with their initialisers (PTX ISA 5.4). */
final class VariableParser {
  /** Far more than any device has; keeps sizes from overflowing. */
  private static final long MAX_BYTES = 1L << 40;

  /** What an initialiser may hold: text of some 64 MiB would be needed for more. */
  private static final int MAX_NESTING = 16;

  private static final Set<String> OPAQUE = Set.of(".texref", ".samplerref", ".surfref");

  private final Lexer lexer;

  /** Names of textures, samplers and surfaces, which have no bytes. */
  private final Set<String> opaque = new HashSet<>();

  VariableParser(Lexer lexer) {
    this.lexer = lexer;
  }

  /** Names declared as textures, samplers and surfaces. */
  Set<String> opaque() {
    return opaque;
  }

  /** {@code .shared .align 16 .b8 tile[4096], more[4];} from the state space on. */
  List<Variable> declarations(boolean external) {
    String word = Syntax.word(lexer, "a state space");
    StateSpace space = StateSpace.named(word.substring(1));
    if (space == null) {
      throw lexer.error("unknown state space " + word);
    }
    bank();
    attributes(lexer);
    int alignment = 0;
    if (lexer.atWord(".align")) {
      lexer.advance();
      alignment = alignment(lexer);
    }
    attributes(lexer);
    int lanes = vector(lexer);
    if (lexer.kind() == Lexer.WORD && OPAQUE.contains(lexer.text())) {
      opaqueDeclaration();
      return List.of();
    }
    ScalarType type = memoryType(lexer);
    int natural = Math.max(alignment, type.bytes() * lanes);
    List<Variable> variables = new ArrayList<>();
    while (true) {
      variables.add(declarator(space, type, lanes, natural, external));
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
    }
    Syntax.expect(lexer, ';');
    return variables;
  }

  /** {@code .tex .u32 name;} and {@code .global .texref name = { … };}. */
  void opaqueDeclaration() {
    lexer.advance();
    if (lexer.kind() == Lexer.WORD && lexer.first() == '.') {
      lexer.advance();
    }
    opaque.add(Syntax.word(lexer, "a name"));
    Syntax.skipStatement(lexer);
  }

  /** {@code .const[3]}: one of the constant banks of old. */
  private void bank() {
    if (lexer.at('[')) {
      lexer.advance();
      Syntax.count(lexer, 10);
      Syntax.expect(lexer, ']');
    }
  }

  /** {@code .attribute(.managed)}: where the host may reach it from changes nothing here. */
  static void attributes(Lexer lexer) {
    while (lexer.atWord(".attribute")) {
      lexer.advance();
      Syntax.expect(lexer, '(');
      while (!lexer.at(')')) {
        if (lexer.kind() != Lexer.WORD
            && lexer.kind() != Lexer.NUMBER
            && !lexer.at(',')
            && !lexer.at('(')) {
          throw lexer.error("expected an attribute, found '" + lexer.text() + "'");
        }
        if (lexer.at('(')) {
          while (!lexer.at(')') && lexer.kind() != Lexer.END) {
            lexer.advance();
          }
        }
        lexer.advance();
      }
      lexer.advance();
    }
  }

  static int alignment(Lexer lexer) {
    PtxSyntaxException wrong = lexer.error("alignment must be a power of two");
    long alignment = Syntax.integer(lexer);
    if (Long.bitCount(alignment) != 1 || alignment < 0 || alignment > 1 << 20) {
      throw wrong;
    }
    return (int) alignment;
  }

  /** {@code .v2}, {@code .v4} or {@code .v8}, or 1. */
  static int vector(Lexer lexer) {
    int lanes =
        switch (lexer.kind() == Lexer.WORD ? lexer.text() : "") {
          case ".v2" -> 2;
          case ".v4" -> 4;
          case ".v8" -> 8;
          default -> 1;
        };
    if (lanes > 1) {
      lexer.advance();
    }
    return lanes;
  }

  /** {@code .v2} or {@code .v4}, or 1: eight elements are for accesses of memory alone. */
  static int registerVector(Lexer lexer) {
    if (lexer.atWord(".v8")) {
      throw lexer.error("a vector in registers has 2 or 4 elements, not 8");
    }
    return vector(lexer);
  }

  /** A type that has a size in memory. */
  static ScalarType memoryType(Lexer lexer) {
    PtxSyntaxException wrong = lexer.error(lexer.text() + " has no size in memory");
    ScalarType type = Syntax.type(lexer);
    if (type == ScalarType.PRED) {
      throw wrong;
    }
    return type;
  }

  /** {@code [4][8]} → 32 elements, {@code []} → 0, nothing → 1. */
  static long extent(Lexer lexer) {
    long count = 1;
    boolean first = true;
    while (lexer.at('[')) {
      lexer.advance();
      if (lexer.at(']') && !first) {
        throw lexer.error("only the first extent of an array may be left out");
      }
      first = false;
      long size = lexer.at(']') ? 0 : ConstantExpression.integer(lexer);
      if (size < 0 || size > MAX_BYTES || count * size > MAX_BYTES) {
        throw lexer.error("an array of " + size + " elements");
      }
      count *= size;
      Syntax.expect(lexer, ']');
    }
    return count;
  }

  private Variable declarator(
      StateSpace space, ScalarType type, int lanes, int alignment, boolean external) {
    String name = Syntax.identifier(lexer, "a variable name");
    // name<4> declares name0 to name3, which nobody writes for memory.
    long count = extent(lexer);
    boolean unsized = count == 0;
    Initialiser initial = new Initialiser(lexer, type, MAX_NESTING);
    if (lexer.at('=')) {
      if (space != StateSpace.GLOBAL && space != StateSpace.CONST) {
        throw lexer.error("." + space.spelling() + " memory has no initial values");
      }
      lexer.advance();
      initial.read();
      if (unsized) {
        count = (initial.size() + lanes - 1) / lanes;
      }
    }
    if (count == 0 && !external) {
      throw lexer.error(name + " has no size: only an extern array needs none");
    }
    if (initial.size() > count * lanes) {
      throw lexer.error("more initial values than " + name + " has room for");
    }
    return new Variable(
        name,
        space,
        type,
        alignment,
        count * lanes * type.bytes(),
        external,
        initial.bytes(),
        initial.references());
  }
}
