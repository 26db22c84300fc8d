package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.intrinsic.MatrixElement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The modifiers of {@code mma} or {@code wmma}, sorted by what they are: assemblers take them in
 * several orders.
 *
 * @param columnMajor the layouts, in order: false for {@code .row}
 * @param types in order
 * @param flags all the rest
 */
record MatrixForm(
    int m, int n, int k, List<Boolean> columnMajor, List<MatrixElement> types, Set<String> flags) {
  private static final Pattern SHAPE = Pattern.compile("m(\\d+)n(\\d+)k(\\d+)");

  static MatrixForm of(Instruction in, Set<String> known) {
    int[] sizes = new int[3];
    List<Boolean> columnMajor = new ArrayList<>();
    List<MatrixElement> types = new ArrayList<>();
    Set<String> flags = new HashSet<>();
    for (String modifier : in.modifiers()) {
      Matcher shape = SHAPE.matcher(modifier);
      MatrixElement type = MatrixElement.named(modifier);
      if (shape.matches()) {
        for (int i = 0; i < 3; i++) {
          sizes[i] = Integer.parseInt(shape.group(i + 1));
        }
      } else if (modifier.equals("row") || modifier.equals("col")) {
        columnMajor.add(modifier.equals("col"));
      } else if (type != null) {
        types.add(type);
      } else if (known.contains(modifier)) {
        flags.add(modifier);
      } else {
        throw new Unsupported(refusal(modifier));
      }
    }
    if (!flags.contains("sync")) {
      throw new Unsupported("it has no .sync");
    }
    return new MatrixForm(sizes[0], sizes[1], sizes[2], columnMajor, types, flags);
  }

  boolean has(String flag) {
    return flags.contains(flag);
  }

  String shape() {
    return "m" + m + "n" + n + "k" + k;
  }

  /** Refuses a shape that is none of those listed. */
  void requireShape(String... shapes) {
    if (!List.of(shapes).contains(shape())) {
      throw new Unsupported("shape ." + shape() + " of its types");
    }
  }

  private static String refusal(String modifier) {
    if (modifier.startsWith("sp")) {
      return "modifier ."
          + modifier
          + ": a sparse A would have to be spread out as its metadata operand says";
    }
    if (modifier.equals("block_scale")
        || modifier.startsWith("kind::")
        || modifier.startsWith("scale_vec::")) {
      return "modifier ." + modifier + ": the formats and scale factors of sm_120 are not modelled";
    }
    return "modifier ." + modifier;
  }
}
