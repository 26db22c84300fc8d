package dev.lockstep.ptx;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Names at module scope, and those that bodies use and nobody has declared yet. */
final class Names {
  private final Set<String> declared = new HashSet<>();
  private final Map<String, Elements.Array> arrays = new HashMap<>();
  private final Map<String, PtxSyntaxException> used = new LinkedHashMap<>();

  void declare(String name) {
    declared.add(name);
  }

  /** A variable, which elements may be taken of. */
  void declare(String name, Elements.Array array) {
    declare(name);
    arrays.put(name, array);
  }

  /** What elements of a variable are; null for other names, and those not declared yet. */
  Elements.@Nullable Array array(String name) {
    return arrays.get(name);
  }

  /** Whether the module has declared it so far. */
  boolean declares(String name) {
    return declared.contains(name);
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
