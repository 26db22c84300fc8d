package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parses what a function takes and returns: {@code (.param .b32 r) name (.param .b64 x, …)}. */
final class PrototypeParser {
  private static final int MAX_PARAMETERS = 4096;
  private static final long MAX_BYTES = 1 << 20;

  private final Lexer lexer;

  /** Where the names are declared; null for those of a {@code .callprototype}. */
  private final @Nullable Scopes scopes;

  private String name = "_";

  PrototypeParser(Lexer lexer, @Nullable Scopes scopes) {
    this.lexer = lexer;
    this.scopes = scopes;
  }

  /** The name in the middle, once parsed. */
  String name() {
    return name;
  }

  /** From behind the directive to the end of the parameters and what may follow those. */
  Prototype parse(boolean anonymous) {
    List<Prototype.Formal> results = lexer.at('(') ? list() : List.of();
    PtxSyntaxException wrong = lexer.error("expected _, found '" + lexer.text() + "'");
    String what = "a function name";
    name = anonymous ? Syntax.word(lexer, what) : Syntax.identifier(lexer, what);
    if (anonymous && !name.equals("_")) {
      throw wrong;
    }
    List<Prototype.Formal> parameters = lexer.at('(') ? list() : List.of();
    return new Prototype(results, parameters);
  }

  private List<Prototype.Formal> list() {
    lexer.advance();
    List<Prototype.Formal> formals = new ArrayList<>();
    while (!lexer.at(')')) {
      if (formals.size() == MAX_PARAMETERS) {
        throw lexer.error("more than " + MAX_PARAMETERS + " parameters");
      }
      if (!formals.isEmpty() && formals.getLast().isUnsized()) {
        throw lexer.error("only the last parameter may be an array without a size");
      }
      formals.addAll(formal());
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
    }
    Syntax.expect(lexer, ')');
    return List.copyOf(formals);
  }

  /** One, or one for each element of a vector in registers. */
  private List<Prototype.Formal> formal() {
    boolean register = lexer.atWord(".reg");
    if (!register && !lexer.atWord(".param")) {
      throw lexer.error("expected .param or .reg, found '" + lexer.text() + "'");
    }
    lexer.advance();
    int alignment = 0;
    if (lexer.atWord(".align")) {
      lexer.advance();
      alignment = VariableParser.alignment(lexer);
    }
    int lanes = register ? VariableParser.registerVector(lexer) : VariableParser.vector(lexer);
    ScalarType type = register ? Syntax.type(lexer) : VariableParser.memoryType(lexer);
    pointee(lexer);
    PtxSyntaxException tooLarge = lexer.error("a parameter of more than " + MAX_BYTES + " bytes");
    String formal = Syntax.word(lexer, "a parameter name");
    long bytes = VariableParser.extent(lexer) * lanes * type.bytes();
    if (bytes > MAX_BYTES) {
      throw tooLarge;
    }
    if (register) {
      return registers(formal, lanes, type);
    }
    if (scopes != null) {
      scopes.declareVariable(formal, new Elements.Array(StateSpace.PARAM, type));
    }
    return List.of(
        new Prototype.Formal(
            formal, type, Math.max(alignment, Math.max(1, type.bytes() * lanes)), bytes, -1));
  }

  private List<Prototype.Formal> registers(String formal, int lanes, ScalarType type) {
    int bytes = type.bytes();
    if (scopes == null) {
      return Collections.nCopies(
          lanes, new Prototype.Formal(formal, type, Math.max(1, bytes), bytes, 0));
    }
    List<Register> registers =
        lanes == 1
            ? List.of(scopes.declare(formal, type))
            : scopes.declareVector(formal, lanes, type);
    return registers.stream()
        .map(r -> new Prototype.Formal(r.name(), type, Math.max(1, bytes), bytes, r.id()))
        .toList();
  }

  /** {@code .ptr .global .align 16}: what a pointer points to. */
  static void pointee(Lexer lexer) {
    while (lexer.kind() == Lexer.WORD && lexer.first() == '.') {
      switch (lexer.text()) {
        case ".ptr",
            ".global",
            ".shared",
            ".local",
            ".const",
            ".generic",
            ".texref",
            ".samplerref",
            ".surfref" ->
            lexer.advance();
        case ".align" -> {
          lexer.advance();
          VariableParser.alignment(lexer);
        }
        default -> throw lexer.error("unknown attribute " + lexer.text() + " of a parameter");
      }
    }
  }
}
