package dev.lockstep.ptx;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What older PTX leaves unsaid, and what it declares elsewhere. For {@code sm_1x}, arithmetic on
 * {@code .f32} flushes subnormal numbers whether it says {@code .ftz} or not; before version 1.4
 * divisions and elementary functions are approximate, those of {@code .f64} rounded to nearest;
 * before version 3.2 {@code mad} is, too (PTX ISA 9.7, the notes on each instruction).
 */
final class EarlierForms {
  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)");
  private static final Pattern TARGET = Pattern.compile("sm_(\\d{2,3})[af]?");
  private static final Pattern BEHIND_FLUSHING = Pattern.compile("sat|[bfsu]\\d+");
  private static final int APPROXIMATE_UNSAID_BEFORE = 104;
  private static final int WIDE_CONVERSIONS_FLUSH_AFTER = 104;
  private static final int ROUNDING_UNSAID_BEFORE = 302;
  private static final int PARAMETERS_IN_LIST_FROM = 104;
  private static final int REGISTERS_IN_BODIES_FROM = 300;
  private static final int SYNC_SAID_FROM = 604;
  private static final int ALIGNED_SAID_FROM = 603;
  private static final int DOUBLES_FROM = 13;
  private static final Set<String> WITHOUT_SYNC = Set.of("shfl", "vote");
  private static final Set<String> MATRIX =
      Set.of("wmma", "mma", "ldmatrix", "stmatrix", "movmatrix");
  private static final Set<String> FLUSHING =
      Set.of(
          "add", "sub", "mul", "fma", "mad", "div", "rcp", "sqrt", "rsqrt", "sin", "cos", "lg2",
          "ex2", "abs", "neg", "min", "max", "set", "setp", "slct", "cvt");
  private static final Set<String> ELEMENTARY = Set.of("rsqrt", "sin", "cos", "lg2", "ex2");
  private static final Set<String> ROUNDED = Set.of("div", "rcp", "sqrt");
  private static final Set<String> ROUNDINGS = Set.of("approx", "full", "rn", "rz", "rm", "rp");

  private final int version;
  private final int target;
  private final boolean flushing;
  private final boolean mapsDoubles;

  /**
   * @param version as in {@code .version 1.4}
   * @param target as in {@code .target sm_13}
   * @param mapsDoubles whether the target option {@code map_f64_to_f32} stands there
   */
  EarlierForms(String version, String target, boolean mapsDoubles) {
    Matcher numbers = VERSION.matcher(version);
    this.version =
        numbers.matches() && version.length() < 6
            ? 100 * Integer.parseInt(numbers.group(1)) + Integer.parseInt(numbers.group(2))
            : Integer.MAX_VALUE;
    Matcher architecture = TARGET.matcher(target);
    this.target =
        architecture.matches() ? Integer.parseInt(architecture.group(1)) : Integer.MAX_VALUE;
    this.flushing = this.target < 20;
    this.mapsDoubles = mapsDoubles;
  }

  /** Why the instruction is none of its version and target; empty where it is. */
  String refusal(String opcode, List<String> modifiers) {
    if (WITHOUT_SYNC.contains(opcode)
        && version >= SYNC_SAID_FROM
        && target >= 70
        && !modifiers.contains("sync")) {
      return " lacks .sync, which PTX 6.4 and later demand for sm_70 and later";
    }
    if (MATRIX.contains(opcode) && version >= ALIGNED_SAID_FROM && !modifiers.contains("aligned")) {
      return " lacks .aligned, which PTX 6.3 and later demand";
    }
    if (mapsDoubles && modifiers.contains("f64")) {
      return " is beyond the simulator (map_f64_to_f32, doubles that become floats)";
    }
    return "";
  }

  /** Whether the target computes with doubles. */
  boolean hasDoubles() {
    return target >= DOUBLES_FROM;
  }

  /** Whether registers may be declared outside of bodies. */
  boolean registersOfModule() {
    return version < REGISTERS_IN_BODIES_FROM;
  }

  /** Whether the body of a kernel declares its parameters. */
  boolean parametersInBody() {
    return version < PARAMETERS_IN_LIST_FROM;
  }

  /** The modifiers of an instruction, with those among them that it leaves unsaid. */
  List<String> complete(String opcode, List<String> modifiers) {
    if (version >= ROUNDING_UNSAID_BEFORE && !flushing) {
      return modifiers;
    }
    boolean single = modifiers.contains("f32");
    if (!single && !modifiers.contains("f64")) {
      return modifiers;
    }
    List<String> all = new ArrayList<>(modifiers);
    if (modifiers.stream().noneMatch(ROUNDINGS::contains)) {
      all.addAll(0, rounding(opcode, single));
    }
    boolean approximate = all.size() > modifiers.size() && all.getFirst().equals("approx");
    boolean flushes = flushing && flushes(opcode, modifiers) || approximate;
    if (single && flushes && !modifiers.contains("ftz")) {
      int behind = 0;
      while (!BEHIND_FLUSHING.matcher(all.get(behind)).matches()) {
        behind++;
      }
      all.add(behind, "ftz");
    }
    return List.copyOf(all);
  }

  private List<String> rounding(String opcode, boolean single) {
    boolean unsaid = version < APPROXIMATE_UNSAID_BEFORE;
    if (opcode.equals("mad")) {
      return single || unsaid ? List.of("rn") : List.of();
    }
    if (unsaid && (ELEMENTARY.contains(opcode) || single && ROUNDED.contains(opcode))) {
      return List.of("approx");
    }
    return unsaid && ROUNDED.contains(opcode) ? List.of("rn") : List.of();
  }

  private boolean flushes(String opcode, List<String> modifiers) {
    boolean wide =
        opcode.equals("cvt") && modifiers.stream().anyMatch(modifier -> modifier.endsWith("64"));
    return FLUSHING.contains(opcode) && (!wide || version > WIDE_CONVERSIONS_FLUSH_AFTER);
  }
}
