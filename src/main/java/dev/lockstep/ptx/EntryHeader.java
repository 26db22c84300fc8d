package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** Parses what stands between a kernel's name and its body: parameters and directives. */
final class EntryHeader {
  /** What CUDA allows in a block where the kernel asks for no less. */
  private static final int MAX_THREADS = 1024;

  /** The largest cluster PTX has room for; what a GPU allows is less. */
  private static final int MAX_CLUSTER = 1 << 20;

  /** The largest parameter block of sm_70 and later. */
  private static final int MAX_BYTES = 32_764;

  /** What ends the declaration of a function that no {@code ;} ends, as CUDA 3 wrote them. */
  private static final Set<String> NEXT =
      Set.of(
          ".visible .extern .weak .common .entry .func .global .const .shared .alias .file .section"
              .split(" "));

  private final Lexer lexer;
  private final Scopes scopes;
  private final List<Parameter> parameters = new ArrayList<>();
  private int maxThreads = MAX_THREADS;
  private boolean limited;
  private List<Integer> exactBlock = List.of();
  private int clusterBlocks = 1;

  EntryHeader(Lexer lexer, Scopes scopes) {
    this.lexer = lexer;
    this.scopes = scopes;
    if (lexer.at('(')) {
      lexer.advance();
      while (!lexer.at(')')) {
        parameters.add(parameter());
        if (!lexer.at(',')) {
          break;
        }
        lexer.advance();
      }
      Syntax.expect(lexer, ')');
    }
    while (lexer.kind() == Lexer.WORD && lexer.first() == '.') {
      directive();
    }
  }

  List<Parameter> parameters() {
    return List.copyOf(parameters);
  }

  int parameterBytes() {
    return parameters.isEmpty() ? 0 : parameters.getLast().offset() + parameters.getLast().bytes();
  }

  int maxThreads() {
    return maxThreads;
  }

  /** The block that {@code .reqntid} demands, or nothing. */
  List<Integer> exactBlock() {
    return exactBlock;
  }

  int clusterBlocks() {
    return clusterBlocks;
  }

  /** {@code .param .u64 [.ptr [.space] [.align n]] name} or {@code .param .align n .b8 name[m]}. */
  private Parameter parameter() {
    if (!lexer.atWord(".param")) {
      throw lexer.error("expected .param, found '" + lexer.text() + "'");
    }
    lexer.advance();
    int alignment = 0;
    if (lexer.atWord(".align")) {
      lexer.advance();
      alignment = VariableParser.alignment(lexer);
    }
    int lanes = VariableParser.vector(lexer);
    ScalarType type = type();
    PrototypeParser.pointee(lexer);
    PtxSyntaxException place = lexer.error("");
    String name =
        scopes.declareVariable(
            Syntax.word(lexer, "a parameter name"), new Elements.Array(StateSpace.PARAM, type));
    long bytes = VariableParser.extent(lexer) * lanes * type.bytes();
    if (bytes == 0) {
      throw lexer.error("parameter " + name + " of a kernel has no size");
    }
    return behindOthers(name, type, Math.max(alignment, type.bytes() * lanes), bytes, place);
  }

  private Parameter behindOthers(
      String name, ScalarType type, int alignment, long bytes, PtxSyntaxException place) {
    long offset = ((long) parameterBytes() + alignment - 1) & -alignment;
    if (offset + bytes > MAX_BYTES) {
      throw new PtxSyntaxException(
          place.line(), place.column(), "more than " + MAX_BYTES + " bytes of parameters");
    }
    return new Parameter(name, type, (int) offset, (int) bytes);
  }

  /**
   * Takes the parameters that a body declares, as it did before version 1.4.
   *
   * @return what is left of it
   */
  Body takeParameters(Body body) {
    PtxSyntaxException end = lexer.error("");
    List<Variable> others = new ArrayList<>();
    for (Variable variable : body.variables()) {
      if (variable.space() == StateSpace.PARAM) {
        parameters.add(
            behindOthers(
                variable.name(), variable.type(), variable.alignment(), variable.bytes(), end));
      } else {
        others.add(variable);
      }
    }
    return new Body(
        body.registers(),
        List.copyOf(others),
        body.instructions(),
        body.labels(),
        body.prototypes(),
        body.callTargets());
  }

  /** A texture or surface reference is passed as a handle. */
  private ScalarType type() {
    switch (lexer.kind() == Lexer.WORD ? lexer.text() : "") {
      case ".texref", ".samplerref", ".surfref" -> {
        lexer.advance();
        return ScalarType.U64;
      }
      default -> {
        return VariableParser.memoryType(lexer);
      }
    }
  }

  private void directive() {
    String name = lexer.text();
    switch (name) {
      case ".maxntid", ".reqntid" -> {
        PtxSyntaxException twice = lexer.error("a kernel has one .maxntid or .reqntid");
        lexer.advance();
        List<Integer> extents = new ArrayList<>(numbers(3));
        if (limited) {
          throw twice;
        }
        limited = true;
        maxThreads = product(extents, MAX_THREADS);
        if (name.equals(".reqntid")) {
          extents.addAll(Collections.nCopies(3 - extents.size(), 1));
          exactBlock = List.copyOf(extents);
        }
      }
      case ".minnctapersm", ".maxnctapersm", ".maxnreg", ".local_maxnreg", ".maxclusterrank" -> {
        lexer.advance();
        numbers(1);
      }
      case ".reqnctapercluster" -> {
        lexer.advance();
        clusterBlocks = product(numbers(3), MAX_CLUSTER);
      }
      case ".explicitcluster", ".blocksareclusters", ".noreturn" -> lexer.advance();
      case ".pragma" -> Syntax.skipStatement(lexer);
      default -> throw lexer.error("unknown directive " + name + " of a kernel");
    }
  }

  private int product(List<Integer> extents, int limit) {
    long product = 1;
    for (int size : extents) {
      if (size < 1) {
        throw lexer.error("an extent of 0");
      }
      product = Math.min(product * size, limit);
    }
    return (int) product;
  }

  private List<Integer> numbers(int most) {
    List<Integer> numbers = new ArrayList<>();
    while (true) {
      numbers.add(Syntax.count(lexer, Integer.MAX_VALUE));
      if (!lexer.at(',') || numbers.size() == most) {
        return numbers;
      }
      lexer.advance();
    }
  }

  /** What may stand between a function's parameters and its body. */
  static void functionDirectives(Lexer lexer) {
    while (lexer.kind() == Lexer.WORD && lexer.first() == '.') {
      switch (lexer.text()) {
        case ".noreturn", ".unique" -> lexer.advance();
        case ".abi_preserve", ".abi_preserve_control", ".local_maxnreg" -> {
          lexer.advance();
          Syntax.integer(lexer);
        }
        case ".pragma" -> Syntax.skipStatement(lexer);
        case ".attribute" -> VariableParser.attributes(lexer);
        default -> {
          if (NEXT.contains(lexer.text())) {
            return;
          }
          throw lexer.error("unknown directive " + lexer.text() + " of a function");
        }
      }
    }
  }
}
