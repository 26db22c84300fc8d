package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Parses a PTX file; debug sections and pragmas are skipped. */
public final class PtxParser {
  private static final Body NO_BODY =
      new Body(List.of(), List.of(), List.of(), Map.of(), Map.of(), Map.of());

  /** Those there have been; of the last, what is still to come is welcome. */
  private static final Pattern VERSION =
      Pattern.compile(
          "1\\.[0-5]|2\\.[0-3]|3\\.[0-2]|4\\.[0-3]|5\\.[01]|6\\.[0-5]|7\\.[0-8]|8\\.[0-8]|9\\.\\d");

  private final Lexer lexer;
  private final Names names = new Names();
  private final VariableParser variableParser;
  private final List<Variable> variables = new ArrayList<>();
  private final List<PtxKernel> kernels = new ArrayList<>();
  private final List<PtxFunction> functions = new ArrayList<>();
  private final Map<String, Prototype> declared = new HashMap<>();
  private final Map<String, String> aliases = new HashMap<>();
  private final Map<Integer, String> files = new HashMap<>();

  /**
   * Declared outside of bodies. Each kernel has its own; functions, which would share, have none.
   */
  private final List<RegisterDeclaration> registers = new ArrayList<>();

  private final Set<String> defined = new HashSet<>();

  /** Variables there were declarations of, so that only those are looked for again. */
  private final Set<String> announced = new HashSet<>();

  private final boolean withBodies;
  private int bodies;
  private String version = "";
  private String target = "";
  private boolean mapsDoubles;

  private PtxParser(String source, boolean withBodies) {
    this.withBodies = withBodies;
    lexer = new Lexer(source);
    variableParser = new VariableParser(lexer);
  }

  /**
   * Parses a whole file.
   *
   * @throws PtxSyntaxException at the first thing that is not PTX
   */
  public static PtxModule parse(String source) {
    return new PtxParser(source, true).module();
  }

  /**
   * Parses what a file declares, at a fraction of the cost: bodies of kernels and functions are
   * passed over unread, and empty in what is returned.
   *
   * @throws PtxSyntaxException at the first thing outside of bodies that is not PTX
   */
  public static PtxModule declarations(String source) {
    return new PtxParser(source, false).module();
  }

  private PtxModule module() {
    header();
    while (lexer.kind() != Lexer.END) {
      if (lexer.at('@') && lexer.following() == '@') {
        lexer.skipLine();
      } else if (lexer.at(';')) {
        throw lexer.error("a ';' without a declaration before it");
      } else if (lexer.kind() != Lexer.WORD || lexer.first() != '.') {
        throw lexer.error("expected a directive, found '" + lexer.text() + "'");
      } else {
        directive();
      }
    }
    variableParser.opaque().forEach(names::declare);
    names.requireDeclared();
    functions.forEach(function -> declared.remove(function.name()));
    return new PtxModule(
        version,
        target,
        List.copyOf(variables),
        List.copyOf(kernels),
        List.copyOf(functions),
        Map.copyOf(declared),
        Map.copyOf(aliases),
        Map.copyOf(files));
  }

  /** What a file opens with, in this order (PTX ISA 11.1); targets may stand one by one. */
  private void header() {
    opening(".version");
    version();
    opening(".target");
    while (lexer.atWord(".target")) {
      target();
    }
    requireDoubles();
    if (lexer.atWord(".address_size")) {
      addressSize();
    }
  }

  private void opening(String directive) {
    if (!lexer.atWord(directive)) {
      throw lexer.error(
          "a PTX file opens with .version and .target: expected %s, found '%s'"
              .formatted(directive, lexer.text()));
    }
  }

  private void directive() {
    switch (lexer.text()) {
      case ".version", ".target", ".address_size" ->
          throw lexer.error(lexer.text() + " stands once, where the file opens");
      case ".file" -> file();
      case ".loc" -> lexer.skipLine();
      case ".section" -> {
        lexer.advance();
        Syntax.word(lexer, "a section name");
        Syntax.skipBlock(lexer);
      }
      case ".pragma" -> Syntax.skipStatement(lexer);
      case ".alias" -> alias();
      default -> declaration();
    }
  }

  private void version() {
    lexer.advance();
    if (lexer.kind() != Lexer.NUMBER) {
      throw lexer.error("expected a version, found '" + lexer.text() + "'");
    }
    version = lexer.text();
    if (!VERSION.matcher(version).matches()) {
      throw lexer.error("there is no version " + version + " of PTX: those known are 1.0 to 9.x");
    }
    lexer.advance();
  }

  /** {@code sm_80, debug}: an architecture, or several of which the last counts, and options. */
  private void target() {
    do {
      lexer.advance();
      switch (lexer.text()) {
        case "texmode_unified", "texmode_independent", "debug" -> lexer.advance();
        case "map_f64_to_f32" -> {
          mapsDoubles = true;
          lexer.advance();
        }
        default -> architecture();
      }
    } while (lexer.at(','));
  }

  private void architecture() {
    if (!lexer.text().startsWith("sm_")) {
      throw lexer.error("expected a target, found '" + lexer.text() + "'");
    }
    int line = lexer.line();
    int column = lexer.column();
    target = Syntax.word(lexer, "a target");
    String first = TargetHistory.first(target);
    // A digit, a dot and a digit each: their order is that of texts.
    if (version.compareTo(first) < 0) {
      throw new PtxSyntaxException(
          line,
          column,
          "%s exists since PTX %s, and the file says .version %s"
              .formatted(target, first, version));
    }
  }

  /** Where a GPU has doubles, none are made floats. */
  private void requireDoubles() {
    if (mapsDoubles && earlier().hasDoubles()) {
      throw lexer.error("map_f64_to_f32 is for targets before sm_13, not for " + target);
    }
  }

  private void addressSize() {
    lexer.advance();
    if (!lexer.text().equals("64")) {
      throw lexer.error(
          "address size must be 64, found " + lexer.text() + ", which CUDA no longer compiles");
    }
    lexer.advance();
  }

  /** {@code .file 1 "name" [, timestamp, size]}. */
  private void file() {
    lexer.advance();
    int index = Syntax.count(lexer, Integer.MAX_VALUE);
    if (lexer.kind() != Lexer.STRING) {
      throw lexer.error("expected a file name, found '" + lexer.text() + "'");
    }
    files.put(index, lexer.text());
    lexer.advance();
    while (lexer.at(',')) {
      lexer.advance();
      Syntax.integer(lexer);
    }
  }

  /** {@code .alias other, function;}. */
  private void alias() {
    lexer.advance();
    String name = Syntax.word(lexer, "a name");
    Syntax.expect(lexer, ',');
    names.used(lexer.text(), lexer);
    aliases.put(name, Syntax.word(lexer, "a function"));
    names.declare(name);
    Syntax.expect(lexer, ';');
  }

  private void declaration() {
    boolean external = false;
    while (true) {
      switch (lexer.kind() == Lexer.WORD ? lexer.text() : "") {
        case ".visible", ".weak", ".common" -> lexer.advance();
        case ".extern" -> {
          external = true;
          lexer.advance();
        }
        case ".entry" -> {
          entry();
          return;
        }
        case ".func" -> {
          function();
          return;
        }
        case ".global", ".const", ".shared" -> {
          variables(external);
          return;
        }
        case ".reg" -> {
          registers();
          return;
        }
        case ".tex", ".sampler", ".surf" -> {
          variableParser.opaqueDeclaration();
          return;
        }
        default -> throw lexer.error("unknown directive " + lexer.text());
      }
    }
  }

  /** Registers outside of bodies, as nvopencc declared them in every file. */
  private void registers() {
    if (!earlier().registersOfModule()) {
      throw lexer.error("registers are declared in bodies: since version 3.0 a module has none");
    }
    RegisterDeclaration.parse(lexer, registers::add);
  }

  private void variables(boolean external) {
    PtxSyntaxException place = lexer.error("");
    for (Variable variable : variableParser.declarations(external)) {
      // What was declared extern before may be defined here.
      if (!defined.contains(variable.name()) && !announced.add(variable.name())) {
        variables.removeIf(v -> v.name().equals(variable.name()) && v.external());
      }
      if (!external) {
        define(variable.name(), place);
      } else if (defined.contains(variable.name())) {
        continue;
      }
      names.declare(variable.name(), Elements.Array.of(variable));
      for (Variable.Reference reference : variable.references()) {
        names.used(reference.symbol(), lexer);
      }
      variables.add(variable);
    }
  }

  private void define(String name, PtxSyntaxException place) {
    if (!defined.add(name)) {
      throw new PtxSyntaxException(place.line(), place.column(), name + " is defined twice");
    }
    names.declare(name);
  }

  private void entry() {
    lexer.advance();
    int line = lexer.line();
    PtxSyntaxException place = lexer.error("");
    String name = Syntax.identifier(lexer, "a kernel name");
    Scopes scopes = new Scopes(lexer, bodies++);
    scopes.enter();
    registers.forEach(declaration -> declaration.declareIn(scopes));
    EntryHeader header = new EntryHeader(lexer, scopes);
    if (lexer.at(';')) {
      lexer.advance();
      names.declare(name);
      return;
    }
    define(name, place);
    Body body = body(scopes, name);
    if (earlier().parametersInBody()) {
      body = header.takeParameters(body);
    }
    kernels.add(
        new PtxKernel(
            name,
            line,
            header.parameters(),
            header.parameterBytes(),
            header.maxThreads(),
            header.exactBlock(),
            header.clusterBlocks(),
            body));
  }

  private void function() {
    lexer.advance();
    VariableParser.attributes(lexer);
    Scopes scopes = new Scopes(lexer, bodies++);
    scopes.enter();
    PrototypeParser parser = new PrototypeParser(lexer, scopes);
    int line = lexer.line();
    PtxSyntaxException place = lexer.error("");
    Prototype prototype = parser.parse(false);
    EntryHeader.functionDirectives(lexer);
    names.declare(parser.name());
    // The next directive or the end of the file ends a declaration just as well.
    if (lexer.at(';') || lexer.kind() == Lexer.WORD || lexer.kind() == Lexer.END) {
      if (lexer.at(';')) {
        lexer.advance();
      }
      declared.put(parser.name(), prototype);
      return;
    }
    define(parser.name(), place);
    Body body = body(scopes, parser.name());
    functions.add(new PtxFunction(parser.name(), line, prototype, body));
  }

  private Body body(Scopes scopes, String routine) {
    if (withBodies || earlier().parametersInBody()) {
      return new BodyParser(lexer, scopes, names, variableParser, routine, variables, earlier())
          .parse();
    }
    Syntax.skipBlock(lexer);
    return NO_BODY;
  }

  private EarlierForms earlier() {
    return new EarlierForms(version, target, mapsDoubles);
  }
}
