package dev.lockstep.ptx;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Names at module scope, and those that bodies use and nobody has declared yet. */
final class Names {
  private final Set<String> declared = new HashSet<>();
  private final Map<String, PtxSyntaxException> used = new LinkedHashMap<>();

  void declare(String name) {
    declared.add(name);
  }

  /** A body uses a name of the module, at the lexer's current token. */
  void used(String name, Lexer lexer) {
    if (!declared.contains(name) && !used.containsKey(name)) {
      used.put(name, lexer.error("undeclared name " + name));
    }
  }

  /** Throws the first use of a name that is not declared anywhere. */
  void requireDeclared() {
    used.forEach(
        (name, error) -> {
          if (!declared.contains(name)) {
            throw error;
          }
        });
  }
}
