package dev.lockstep.ptx;

import java.util.Set;

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

  private SpecialRegisters() {}

  static boolean isName(String word) {
    int dot = word.indexOf('.');
    return dot < 0 ? PLAIN.contains(word) : VECTORS.contains(word.substring(0, dot));
  }
}
