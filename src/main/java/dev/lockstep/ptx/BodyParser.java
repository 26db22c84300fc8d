package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Parses the body of a kernel or function: declarations, labels and instructions. */
final class BodyParser {
  private static final Pattern USED_BYTES =
      Pattern.compile("\\s*used_bytes_mask\\s+(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})\\s*");

  /** Instructions whose first operand is a value like the others. */
  private static final Set<String> WITHOUT_RESULT = Set.of("bar", "barrier", "nanosleep");

  private final Lexer lexer;
  private final Scopes scopes;
  private final Names names;
  private final OperandParser operands;
  private final VariableParser variableParser;
  private final CallDirectives calls;
  private final String routine;
  private final List<Variable> moduleVariables;
  private final List<Variable> variables = new ArrayList<>();
  private final List<Instruction> instructions = new ArrayList<>();
  private final List<Scopes.Scope> scopeOf = new ArrayList<>();
  private final Map<String, Label> labels = new HashMap<>();
  private final LocationParser locations;
  private final EarlierForms earlier;

  /** The parts of each opcode met so far: large kernels repeat a few of them. */
  private final Map<String, List<String>> opcodes = new HashMap<>();

  /** Of the load that follows, as its pragma says. */
  private int usedBytes = -1;

  /**
   * @param scopes with one scope open, the body's, that holds the parameters
   * @param routine the name of what has the body
   * @param moduleVariables where those of the body go that lie in global or constant memory
   * @param earlier what the instructions of an older version leave unsaid
   */
  BodyParser(
      Lexer lexer,
      Scopes scopes,
      Names names,
      VariableParser variableParser,
      String routine,
      List<Variable> moduleVariables,
      EarlierForms earlier) {
    this.lexer = lexer;
    this.scopes = scopes;
    this.names = names;
    this.routine = routine;
    this.moduleVariables = moduleVariables;
    this.locations = new LocationParser(lexer);
    this.operands = new OperandParser(lexer, scopes, names);
    this.variableParser = variableParser;
    this.calls = new CallDirectives(lexer, names);
    this.earlier = earlier;
  }

  /** Parses from the opening brace to the matching closing one. */
  Body parse() {
    Syntax.expect(lexer, '{');
    while (scopes.depth() > 0) {
      statement();
    }
    resolveTargets();
    return new Body(
        List.copyOf(scopes.all()),
        List.copyOf(variables),
        List.copyOf(instructions),
        Map.copyOf(labels),
        calls.prototypes(),
        calls.targets());
  }

  private void statement() {
    if (lexer.at('{')) {
      lexer.advance();
      scopes.enter();
    } else if (lexer.at('}')) {
      // Behind the last brace something of the module follows, for others to read.
      scopes.leave();
      lexer.advance();
    } else if (lexer.at(';')) {
      throw lexer.error("a ';' without an instruction before it");
    } else if (lexer.at('@')) {
      if (lexer.following() == '@') {
        lexer.skipLine();
      } else {
        instruction();
      }
    } else if (lexer.kind() != Lexer.WORD) {
      throw lexer.error("expected a statement, found '" + lexer.text() + "'");
    } else if (lexer.first() == '.') {
      directive();
    } else {
      instructionOrLabel();
    }
  }

  private void directive() {
    switch (lexer.text()) {
      case ".reg" -> RegisterDeclaration.parse(lexer, declaration -> declaration.declareIn(scopes));
      case ".loc" -> locations.parse();
      case ".extern" -> {
        lexer.advance();
        declarations(true);
      }
      case ".shared", ".local", ".param", ".const", ".global" -> declarations(false);
      case ".pragma" -> pragma();
      default -> throw lexer.error("unknown directive " + lexer.text() + " in a kernel body");
    }
  }

  /** Only one kind changes what is known of the program: it speaks of the next load. */
  private void pragma() {
    lexer.advance();
    Matcher mask = USED_BYTES.matcher(lexer.text());
    if (mask.matches()) {
      String digits = mask.group(1);
      usedBytes =
          digits.startsWith("0x")
              ? (int) Long.parseLong(digits.substring(2), 16)
              : (int) Long.parseLong(digits);
    }
    Syntax.skipStatement(lexer);
  }

  private void declarations(boolean external) {
    for (Variable v : variableParser.declarations(external)) {
      boolean ofModule = v.space() == StateSpace.GLOBAL || v.space() == StateSpace.CONST;
      Elements.Array array = Elements.Array.of(v);
      List<Variable.Reference> references = v.references().stream().map(this::inScope).toList();
      String name =
          ofModule
              ? scopes.declareModuleVariable(v.name(), array, routine)
              : scopes.declareVariable(v.name(), array);
      (ofModule ? moduleVariables : variables)
          .add(
              new Variable(
                  name,
                  v.space(),
                  v.type(),
                  v.alignment(),
                  v.bytes(),
                  external,
                  v.initial(),
                  references));
    }
  }

  /** What an initialiser names is looked for in the body first. */
  private Variable.Reference inScope(Variable.Reference reference) {
    String variable = scopes.findVariable(reference.symbol());
    if (variable == null) {
      names.used(reference.symbol(), lexer);
      return reference;
    }
    return new Variable.Reference(
        reference.at(),
        reference.bytes(),
        variable,
        reference.addend(),
        reference.generic(),
        reference.mask());
  }

  private void instructionOrLabel() {
    int start = lexer.start();
    int line = lexer.line();
    int column = lexer.column();
    String word = lexer.text();
    lexer.advance();
    if (lexer.at(':')) {
      if (!Syntax.isIdentifier(word)) {
        throw new PtxSyntaxException(line, column, word + " is no name");
      }
      lexer.advance();
      if (calls.directive(word)) {
        return;
      }
      String name = scopes.current().qualify(word);
      if (labels.put(name, new Label(name, instructions.size())) != null) {
        throw lexer.error("label " + word + " stands twice in one scope");
      }
    } else {
      finish(null, word, start, line);
    }
  }

  private void instruction() {
    int start = lexer.start();
    int line = lexer.line();
    lexer.advance();
    boolean negated = lexer.at('!');
    if (negated) {
      lexer.advance();
    }
    Instruction.Guard guard = new Instruction.Guard(operands.predicate(), negated);
    finish(guard, Syntax.word(lexer, "an instruction"), start, line);
  }

  private void finish(Instruction.@Nullable Guard guard, String word, int start, int line) {
    String opcode = word + separateModifiers();
    List<String> parts = opcodes.computeIfAbsent(opcode, Syntax::split);
    operands.begin(opcode);
    boolean branch = parts.get(0).equals("bra");
    boolean call = parts.get(0).equals("call");
    List<Operand> list = new ArrayList<>();
    while (!lexer.at(';')) {
      if (branch) {
        list.add(operands.target());
      } else if (calls.isNamed(lexer)) {
        list.add(calls.operand(parts.get(0).equals("brx")));
      } else if (call || list.isEmpty() && !WITHOUT_RESULT.contains(parts.get(0))) {
        list.add(operands.parse(call));
      } else {
        list.add(operands.value());
      }
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
      if (lexer.at(';')) {
        throw lexer.error("expected an operand, found ';'");
      }
    }
    if (branch && list.size() != 1) {
      throw lexer.error("bra takes one label, not " + list.size());
    }
    if (branch && parts.stream().skip(1).anyMatch(modifier -> !modifier.equals("uni"))) {
      throw new PtxSyntaxException(line, 1, opcode + ": bra has no modifier but .uni");
    }
    if (parts.get(0).equals("ret") && !list.isEmpty()) {
      throw lexer.error("ret takes no operands: results are stored to parameters before");
    }
    Syntax.expect(lexer, ';');
    String refusal = earlier.refusal(parts.get(0), parts);
    if (!refusal.isEmpty()) {
      throw new PtxSyntaxException(line, 1, opcode + refusal);
    }
    String text = lexer.collapsed(start, lexer.previousEnd());
    for (Preparation first : operands.takePreparations()) {
      add(first.instruction(guard, line, text, locations.current()));
    }
    add(
        new Instruction(
            guard,
            parts.get(0),
            earlier.complete(parts.get(0), parts.subList(1, parts.size())),
            List.copyOf(list),
            line,
            text,
            locations.current(),
            usedBytes));
    usedBytes = -1;
  }

  private void add(Instruction instruction) {
    scopeOf.add(scopes.depth() > 0 ? scopes.current() : null);
    instructions.add(instruction);
  }

  /** {@code .u32}, as in {@code add .u32}: white space may stand before any modifier. */
  private String separateModifiers() {
    String modifiers = "";
    while (lexer.kind() == Lexer.WORD && lexer.first() == '.') {
      modifiers += lexer.text();
      lexer.advance();
    }
    return modifiers;
  }

  /** A label may stand after its branch, so branches find theirs when all is read. */
  private void resolveTargets() {
    for (int i = 0; i < instructions.size(); i++) {
      Instruction in = instructions.get(i);
      if (in.opcode().equals("bra") || in.opcode().equals("brx")) {
        Scopes.Scope scope = scopeOf.get(i);
        List<Operand> resolved =
            in.operands().stream().map(operand -> resolved(operand, in, scope)).toList();
        instructions.set(
            i,
            new Instruction(
                in.guard(),
                in.opcode(),
                in.modifiers(),
                resolved,
                in.line(),
                in.text(),
                in.location()));
      }
    }
  }

  private Operand resolved(Operand operand, Instruction in, Scopes.@Nullable Scope scope) {
    return switch (operand) {
      case Operand.Target(String label) -> {
        String name = visibleLabel(label, scope);
        if (name == null) {
          throw new PtxSyntaxException(in.line(), 1, "no label " + label + " in reach");
        }
        yield new Operand.Target(name);
      }
      case Operand.Vector(List<Operand> targets) ->
          new Operand.Vector(targets.stream().map(t -> resolved(t, in, scope)).toList());
      default -> operand;
    };
  }

  private @Nullable String visibleLabel(String label, Scopes.@Nullable Scope from) {
    for (Scopes.Scope scope = from; scope != null; scope = scope.parent()) {
      if (labels.containsKey(scope.qualify(label))) {
        return scope.qualify(label);
      }
    }
    return null;
  }
}
