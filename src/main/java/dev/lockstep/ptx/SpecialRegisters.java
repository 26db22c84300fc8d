package dev.lockstep.ptx;

import java.util.Set;
import java.util.regex.Pattern;

/** The names PTX predefines (PTX ISA 10). Whether one can be executed is not decided here. */
final class SpecialRegisters {
  private static final Set<String> PLAIN =
      Set.of(
          "%laneid",
          "%warpid",
          "%nwarpid",
          "%smid",
          "%nsmid",
          "%gridid",
          "%clock",
          "%clock_hi",
          "%clock64",
          "%globaltimer",
          "%globaltimer_lo",
          "%globaltimer_hi",
          "%lanemask_eq",
          "%lanemask_le",
          "%lanemask_lt",
          "%lanemask_ge",
          "%lanemask_gt",
          "%total_smem_size",
          "%aggr_smem_size",
          "%dynamic_smem_size",
          "%reserved_smem_offset_begin",
          "%reserved_smem_offset_end",
          "%reserved_smem_offset_cap",
          "%reserved_smem_offset_0",
          "%reserved_smem_offset_1",
          "%current_graph_exec",
          "%is_explicit_cluster",
          "%cluster_ctarank",
          "%cluster_nctarank");

  private static final Set<String> VECTORS =
      Set.of(
          "%tid",
          "%ntid",
          "%ctaid",
          "%nctaid",
          "%clusterid",
          "%nclusterid",
          "%cluster_ctaid",
          "%cluster_nctaid");

  private static final String LANES = "xyzw";
  private static final String COLOURS = "rgba";

  private static final Pattern NUMBERED =
      Pattern.compile("%envreg([0-9]|[12][0-9]|3[01])|%pm[0-7](_64)?");

  private SpecialRegisters() {}

  /** Whether it is one of them; of a vector, one element or all four. */
  static boolean isName(String word) {
    int dot = word.indexOf('.');
    if (dot < 0) {
      return PLAIN.contains(word) || VECTORS.contains(word) || NUMBERED.matcher(word).matches();
    }
    return dot == word.length() - 2
        && (LANES + COLOURS).indexOf(word.charAt(dot + 1)) >= 0
        && VECTORS.contains(word.substring(0, dot));
  }

  /** The name with one spelling of elements: {@code %tid.x} for {@code %tid.r}. */
  static String canonical(String name) {
    int last = name.length() - 1;
    int colour = name.charAt(last - 1) == '.' ? COLOURS.indexOf(name.charAt(last)) : -1;
    return colour < 0 ? name : name.substring(0, last) + LANES.charAt(colour);
  }
}
