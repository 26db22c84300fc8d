package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The labelled directives that indirect calls and branches refer to (PTX ISA 11.3): {@code p:
 * .callprototype …}, {@code c: .calltargets f, g;}, {@code b: .branchtargets L1, L2;}.
 */
final class CallDirectives {
  private static final int MAX_TARGETS = 1 << 16;

  private final Lexer lexer;
  private final Names names;
  private final Map<String, Prototype> prototypes = new HashMap<>();
  private final Map<String, List<String>> targets = new HashMap<>();
  private final Map<String, List<Operand>> branchTargets = new HashMap<>();

  CallDirectives(Lexer lexer, Names names) {
    this.lexer = lexer;
    this.names = names;
  }

  Map<String, Prototype> prototypes() {
    return Map.copyOf(prototypes);
  }

  Map<String, List<String>> targets() {
    return Map.copyOf(targets);
  }

  /** Reads the directive behind a label, if there is one. */
  boolean directive(String label) {
    switch (lexer.kind() == Lexer.WORD ? lexer.text() : "") {
      case ".callprototype" -> {
        lexer.advance();
        prototypes.put(label, new PrototypeParser(lexer, null).parse(true));
        EntryHeader.functionDirectives(lexer);
        Syntax.expect(lexer, ';');
      }
      case ".calltargets" -> targets.put(label, list(true));
      case ".branchtargets" ->
          branchTargets.put(label, list(false).stream().<Operand>map(Operand.Target::new).toList());
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Whether the current token is such a label. */
  boolean isNamed(Lexer lexer) {
    if (lexer.kind() != Lexer.WORD
        || prototypes.isEmpty() && targets.isEmpty() && branchTargets.isEmpty()) {
      return false;
    }
    String name = lexer.text();
    return prototypes.containsKey(name)
        || targets.containsKey(name)
        || branchTargets.containsKey(name);
  }

  /** The label as an operand; one of branch targets as the targets themselves. */
  Operand operand(boolean branch) {
    String name = lexer.text();
    List<Operand> labels = branchTargets.get(name);
    if (branch != (labels != null)) {
      throw lexer.error(name + " is no list of targets for this instruction");
    }
    lexer.advance();
    return labels != null ? new Operand.Vector(labels) : new Operand.Symbol(name, 0);
  }

  private List<String> list(boolean functions) {
    List<String> list = new ArrayList<>();
    do {
      lexer.advance();
      if (functions) {
        names.used(lexer.text(), lexer);
      }
      String name = Syntax.word(lexer, "a name");
      if (lexer.at('<')) {
        lexer.advance();
        int count = Syntax.count(lexer, MAX_TARGETS);
        Syntax.expect(lexer, '>');
        for (int i = 0; i < count; i++) {
          list.add(name + i);
        }
      } else {
        list.add(name);
      }
    } while (lexer.at(','));
    Syntax.expect(lexer, ';');
    return List.copyOf(list);
  }
}
