package dev.lockstep.ptx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names of a body by nested {@code { }} scope. {@code .reg .f32 %f<9>} declares %f0…%f8; those get
 * a {@link Register} when they are first used, or one for each element when they are vectors.
 */
final class Scopes {
  private static final int MAX_DEPTH = 1000;
  private static final String LANES = "xyzw";
  private static final String COLOURS = "rgba";

  private final Lexer lexer;
  private final List<Register> all = new ArrayList<>();
  private final Map<String, Elements.Array> arrays = new HashMap<>();
  private final Deque<Scope> open = new ArrayDeque<>();
  private final int body;
  private int scopes;

  /**
   * @param body which of the module's bodies this is
   */
  Scopes(Lexer lexer, int body) {
    this.lexer = lexer;
    this.body = body;
  }

  /** All registers so far, index = id. */
  List<Register> all() {
    return all;
  }

  void enter() {
    if (open.size() >= MAX_DEPTH) {
      throw lexer.error("scopes nested deeper than " + MAX_DEPTH);
    }
    open.push(new Scope(scopes++, open.peek()));
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

  Register declare(String name, ScalarType type) {
    requireNew(name);
    return register(current(), name, type);
  }

  /**
   * {@code .reg .f32 f<9>}, and {@code .reg .v4 .f32 v<9>}: nine vectors v0, v1, …
   *
   * @param lanes elements of each; 1 for no vector
   */
  void declareRange(String prefix, int count, int lanes, ScalarType type) {
    if (current().ranges.put(prefix, new Range(type, lanes, count)) != null) {
      throw lexer.error("registers " + prefix + "<…> are declared twice in one scope");
    }
  }

  /** {@code .reg .v4 .f32 v}: registers v.x, v.y, … */
  List<Register> declareVector(String name, int lanes, ScalarType type) {
    requireNew(name);
    return elements(current(), name, lanes, type);
  }

  private List<Register> elements(Scope scope, String name, int lanes, ScalarType type) {
    List<Register> elements = new ArrayList<>();
    for (int i = 0; i < lanes; i++) {
      elements.add(register(scope, name + "." + LANES.charAt(i), type));
    }
    scope.vectors.put(name, List.copyOf(elements));
    return elements;
  }

  private Register register(Scope scope, String name, ScalarType type) {
    Register register = unnamed(name, type);
    scope.registers.put(name, register);
    return register;
  }

  /** A register the text gives no name to; {@code name} is what messages call it. */
  Register unnamed(String name, ScalarType type) {
    Register register = new Register(all.size(), name, type, body);
    all.add(register);
    return register;
  }

  /** A variable of the current scope; returns the name it has in the whole body. */
  String declareVariable(String name, Elements.Array array) {
    return declareVariable(name, current().qualify(name), array);
  }

  /**
   * A variable of the current scope that lies in memory of the module's; returns the name it has in
   * the whole module.
   */
  String declareModuleVariable(String name, Elements.Array array, String routine) {
    return declareVariable(name, current().qualify(name) + "@" + routine, array);
  }

  private String declareVariable(String name, String unique, Elements.Array array) {
    requireNew(name);
    current().variables.put(name, unique);
    arrays.put(unique, array);
    return unique;
  }

  private void requireNew(String name) {
    Scope scope = current();
    Range range = scope.ranges.isEmpty() ? null : scope.range(name);
    if (scope.registers.containsKey(name)
        || scope.vectors.containsKey(name)
        || scope.variables.containsKey(name)
        || range != null) {
      throw lexer.error(name + " is declared twice in one scope");
    }
  }

  /** The register of that name, or null. */
  @Nullable Register find(String name) {
    for (Scope scope = current(); scope != null; scope = scope.parent) {
      Register known = scope.registers.get(name);
      if (known != null) {
        return known;
      }
      Range range = scope.range(name);
      if (range != null && range.lanes == 1) {
        return register(scope, name, range.type);
      }
    }
    return findElement(name);
  }

  /** {@code v.y} or {@code v.g}: the second element of a vector register, or null. */
  private @Nullable Register findElement(String name) {
    int dot = name.length() - 2;
    if (dot < 1 || name.charAt(dot) != '.') {
      return null;
    }
    char letter = name.charAt(dot + 1);
    int lane = Math.max(LANES.indexOf(letter), COLOURS.indexOf(letter));
    List<Register> vector = lane < 0 ? null : findVector(name.substring(0, dot));
    return vector == null || lane >= vector.size() ? null : vector.get(lane);
  }

  /** The elements of a vector register, or null. */
  @Nullable List<Register> findVector(String name) {
    for (Scope scope = current(); scope != null; scope = scope.parent) {
      List<Register> known = scope.vectors.get(name);
      if (known != null) {
        return known;
      }
      Range range = scope.range(name);
      if (range != null && range.lanes > 1) {
        return elements(scope, name, range.lanes, range.type);
      }
    }
    return null;
  }

  /** The unique name of the variable that a name means here, or null. */
  @Nullable String findVariable(String name) {
    for (Scope scope = current(); scope != null; scope = scope.parent) {
      String unique = scope.variables.get(name);
      if (unique != null) {
        return unique;
      }
    }
    return null;
  }

  /** What elements are of a variable declared so far, by its unique name, or null. */
  Elements.@Nullable Array array(String unique) {
    return arrays.get(unique);
  }

  private record Range(ScalarType type, int lanes, int count) {}

  /** One {@code { }}; its names are visible in it and in the scopes inside it. */
  static final class Scope {
    private final int id;
    private final @Nullable Scope parent;
    private final Map<String, Register> registers = new HashMap<>();
    private final Map<String, List<Register>> vectors = new HashMap<>();
    private final Map<String, Range> ranges = new HashMap<>();
    private final Map<String, String> variables = new HashMap<>();

    private Scope(int id, @Nullable Scope parent) {
      this.id = id;
      this.parent = parent;
    }

    @Nullable Scope parent() {
      return parent;
    }

    /** A name in this scope, unique in the body: names of the outermost stay as they are. */
    String qualify(String name) {
      return parent == null ? name : name + "@" + id;
    }

    /** The declared range that a name such as {@code %f12} belongs to. */
    private @Nullable Range range(String name) {
      if (ranges.isEmpty()) {
        return null;
      }
      int digits = name.length();
      while (digits > 0 && Character.isDigit(name.charAt(digits - 1))) {
        digits--;
      }
      // A prefix may itself end in digits: %r1<4> declares %r10 to %r13.
      for (int end = Math.max(digits, name.length() - 9); end < name.length(); end++) {
        Range range = ranges.get(name.substring(0, end));
        boolean plain = name.charAt(end) != '0' || end == name.length() - 1;
        if (range != null
            && plain
            && Integer.parseInt(name, end, name.length(), 10) < range.count) {
          return range;
        }
      }
      return null;
    }
  }
}
