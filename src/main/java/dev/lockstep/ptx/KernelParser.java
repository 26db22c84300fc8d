package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parses the body of an {@code .entry}: declarations, labels and instructions. */
final class KernelParser {
  private final Lexer lexer;
  private final RegisterScopes scopes = new RegisterScopes();
  private final OperandParser operands;
  private final List<Variable> variables = new ArrayList<>();
  private final List<Instruction> instructions = new ArrayList<>();
  private final List<RegisterScopes.Scope> scopeOf = new ArrayList<>();
  private final Map<String, Label> labels = new HashMap<>();
  private final Map<Place, SourceLocation> inlined = new HashMap<>();
  private @Nullable SourceLocation location;

  KernelParser(Lexer lexer) {
    this.lexer = lexer;
    this.operands = new OperandParser(lexer, scopes);
  }

  /** Parses from the opening brace to the matching closing one. */
  PtxKernel parse(
      String name, int line, List<Parameter> parameters, int parameterBytes, int maxThreads) {
    Syntax.expect(lexer, '{');
    scopes.enter();
    while (scopes.depth() > 0) {
      statement();
    }
    resolveTargets();
    return new PtxKernel(
        name,
        line,
        parameters,
        parameterBytes,
        maxThreads,
        List.copyOf(scopes.all()),
        List.copyOf(variables),
        List.copyOf(instructions),
        Map.copyOf(labels));
  }

  private void statement() {
    if (lexer.at('{')) {
      lexer.advance();
      scopes.enter();
    } else if (lexer.at('}')) {
      lexer.advance();
      scopes.leave();
    } else if (lexer.at(';')) {
      lexer.advance();
    } else if (lexer.at('@')) {
      instruction();
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
      case ".reg" -> registers();
      case ".loc" -> loc();
      case ".shared", ".local", ".param", ".const", ".global" ->
          variables.addAll(VariableParser.declarations(lexer, false));
      case ".pragma" -> Syntax.skipStatement(lexer);
      default -> throw lexer.error("unknown directive " + lexer.text() + " in a kernel body");
    }
  }

  private void registers() {
    lexer.advance();
    ScalarType type = Syntax.type(lexer);
    while (true) {
      String name = Syntax.word(lexer, "a register name");
      if (lexer.at('<')) {
        lexer.advance();
        scopes.declareRange(name, (int) Syntax.integer(lexer), type);
        Syntax.expect(lexer, '>');
      } else {
        scopes.declare(name, type);
      }
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
    }
    Syntax.expect(lexer, ';');
  }

  /** {@code .loc file line column [, function_name label, inlined_at file line column]}. */
  private void loc() {
    lexer.advance();
    Place place = place();
    SourceLocation callSite = null;
    if (lexer.at(',')) {
      functionName();
      callSite = callSite();
    }
    location = new SourceLocation(place.file, place.line, place.column, callSite);
    if (callSite != null) {
      inlined.put(place, location);
    }
  }

  private Place place() {
    return new Place(
        (int) Syntax.integer(lexer), (int) Syntax.integer(lexer), (int) Syntax.integer(lexer));
  }

  /** {@code , function_name label[+offset],}: the name of the inlined function, not needed. */
  private void functionName() {
    lexer.advance();
    Syntax.word(lexer, "function_name");
    Syntax.word(lexer, "a label");
    if (lexer.at('+')) {
      lexer.advance();
      Syntax.integer(lexer);
    }
    Syntax.expect(lexer, ',');
  }

  /** The call may itself be inlined code: its own {@code .loc} came earlier and says where. */
  private SourceLocation callSite() {
    Syntax.word(lexer, "inlined_at");
    Place at = place();
    SourceLocation known = inlined.get(at);
    return known != null ? known : new SourceLocation(at.file, at.line, at.column, null);
  }

  private void instructionOrLabel() {
    int start = lexer.start();
    int line = lexer.line();
    String word = lexer.text();
    lexer.advance();
    if (lexer.at(':')) {
      lexer.advance();
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
    List<String> parts = Syntax.split(word);
    boolean branch = parts.get(0).equals("bra");
    List<Operand> list = new ArrayList<>();
    while (!lexer.at(';')) {
      list.add(branch ? operands.target() : operands.parse());
      if (!lexer.at(',')) {
        break;
      }
      lexer.advance();
      if (lexer.at(';')) {
        throw lexer.error("expected an operand, found ';'");
      }
    }
    Syntax.expect(lexer, ';');
    scopeOf.add(scopes.depth() > 0 ? scopes.current() : null);
    instructions.add(
        new Instruction(
            guard,
            parts.get(0),
            parts.subList(1, parts.size()),
            List.copyOf(list),
            line,
            lexer.collapsed(start, lexer.previousEnd()),
            location));
  }

  /** A label may stand after its branch, so branches find theirs when all is read. */
  private void resolveTargets() {
    for (int i = 0; i < instructions.size(); i++) {
      Instruction in = instructions.get(i);
      if (!in.operands().isEmpty() && in.operands().get(0) instanceof Operand.Target target) {
        String name = visibleLabel(target.label(), scopeOf.get(i));
        if (name == null) {
          throw new PtxSyntaxException(in.line(), 1, "no label " + target.label() + " in reach");
        }
        instructions.set(
            i,
            new Instruction(
                in.guard(),
                in.opcode(),
                in.modifiers(),
                List.of(new Operand.Target(name)),
                in.line(),
                in.text(),
                in.location()));
      }
    }
  }

  private @Nullable String visibleLabel(String label, RegisterScopes.@Nullable Scope from) {
    for (RegisterScopes.Scope scope = from; scope != null; scope = scope.parent()) {
      if (labels.containsKey(scope.qualify(label))) {
        return scope.qualify(label);
      }
    }
    return null;
  }

  private record Place(int file, int line, int column) {}
}
