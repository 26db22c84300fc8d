package dev.lockstep.ptx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names of a kernel body by nested {@code { }} scope. {@code .reg .f32 %f<9>} declares %f0…%f8;
 * those get a {@link Register} when they are first used.
 */
final class RegisterScopes {
  private final List<Register> all = new ArrayList<>();
  private final Deque<Scope> open = new ArrayDeque<>();
  private int scopes;

  /** All registers so far, index = id. */
  List<Register> all() {
    return all;
  }

  void enter() {
    open.push(new Scope(scopes++, new HashMap<>(), new HashMap<>(), open.peek()));
  }

  void leave() {
    open.pop();
  }

  /** How many scopes are open. */
  int depth() {
    return open.size();
  }

  /** The innermost open scope. */
  Scope current() {
    return open.element();
  }

  void declare(String name, ScalarType type) {
    current().registers.put(name, new Register(all.size(), name, type));
    all.add(current().registers.get(name));
  }

  void declareRange(String prefix, int count, ScalarType type) {
    current().ranges.put(prefix, new Range(type, count));
  }

  /** The register of that name, or null. */
  @Nullable Register find(String name) {
    int digits = name.length();
    while (digits > 0 && Character.isDigit(name.charAt(digits - 1))) {
      digits--;
    }
    for (Scope scope = current(); scope != null; scope = scope.parent) {
      Register known = scope.registers.get(name);
      if (known != null) {
        return known;
      }
      Range range = digits < name.length() ? scope.ranges.get(name.substring(0, digits)) : null;
      if (range != null && Integer.parseInt(name, digits, name.length(), 10) < range.count) {
        Register register = new Register(all.size(), name, range.type);
        all.add(register);
        scope.registers.put(name, register);
        return register;
      }
    }
    return null;
  }

  private record Range(ScalarType type, int count) {}

  /** One {@code { }}; labels are visible in it and in the scopes inside it. */
  record Scope(
      int id, Map<String, Register> registers, Map<String, Range> ranges, @Nullable Scope parent) {
    /** A label's name in this scope, unique in the kernel: labels of the outermost keep theirs. */
    String qualify(String label) {
      return parent == null ? label : label + "@" + id;
    }
  }
}
