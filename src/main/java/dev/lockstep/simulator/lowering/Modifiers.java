package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What holds of modifiers whatever they mean: none is said twice, an access names one type and one
 * state space, and instructions with few spellings have no others. An assembler refuses the rest.
 */
final class Modifiers {
  /** Layouts and policies come in pairs that may be alike. */
  private static final Set<String> PAIRED = Set.of("mma", "wmma", "createpolicy");

  /** What an assembler lets pass a second time. */
  private static final Set<String> REPEATED =
      Set.of("approx", "sat", "satfinite", "relu", "NaN", "cc", "sync", "uni", "shiftamt");

  private static final Set<String> OF_ONE_TYPE =
      Set.of("mov", "ld", "ldu", "st", "atom", "red", "cvta", "match", "shfl", "redux", "vote");

  private static final Set<String> OF_ONE_SPACE =
      Set.of("ld", "ldu", "st", "atom", "red", "cvta", "isspacep", "ldmatrix", "stmatrix");

  /** All spellings of those that have few. */
  private static final Map<String, Set<String>> SPELLINGS =
      Map.of(
          "ret", Set.of("", "uni"),
          "exit", Set.of(""),
          "trap", Set.of(""),
          "brkpt", Set.of(""),
          "pmevent", Set.of("", "mask"),
          "nanosleep", Set.of("u32"),
          "activemask", Set.of("b32"),
          "griddepcontrol", Set.of("wait", "launch_dependents"),
          "movmatrix", Set.of("sync.aligned.m8n8.trans.b16"));

  private Modifiers() {}

  /**
   * Looks at the modifiers of an instruction.
   *
   * @throws Unsupported naming the one too many, or what is missing
   */
  static void check(Instruction in) {
    String spelling = String.join(".", in.modifiers());
    Set<String> spellings = SPELLINGS.get(in.opcode());
    if (spellings != null && !spellings.contains(spelling)) {
      throw new Unsupported(
          spelling.isEmpty() ? "a modifier is missing" : "modifiers ." + spelling);
    }
    if (!PAIRED.contains(in.opcode())) {
      noneTwice(in);
    }
    if (OF_ONE_TYPE.contains(in.opcode()) && Decoder.types(in).size() > 1) {
      throw new Unsupported("it has several types");
    }
    long spaces = in.modifiers().stream().filter(m -> StateSpace.named(m) != null).count();
    if (OF_ONE_SPACE.contains(in.opcode()) && spaces > 1) {
      throw new Unsupported("it has several state spaces");
    }
  }

  private static void noneTwice(Instruction in) {
    Set<String> seen = new HashSet<>();
    for (String modifier : in.modifiers()) {
      boolean said = !seen.add(modifier);
      if (said && ScalarType.named(modifier) == null && !REPEATED.contains(modifier)) {
        throw new Unsupported("modifier ." + modifier + " twice");
      }
    }
  }
}
