package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;

/** What instructions that cannot be executed would need. */
final class Beyond {
  private Beyond() {}

  /** What the instruction as a whole would need; empty where only its form is at fault. */
  static String what(Instruction in) {
    String kind = kind(in.opcode());
    return kind.isEmpty() ? part(in) : kind;
  }

  private static String kind(String opcode) {
    return switch (opcode) {
      case "wgmma" -> "matrix products of warpgroups";
      case "setmaxnreg" -> "registers that move between warpgroups";
      case "mbarrier" -> "barrier objects in memory";
      case "mapa", "getctarank", "clusterlaunchcontrol" -> "clusters of blocks";
      case "multimem" -> "memory of several GPUs";
      case "tensormap" -> "tensor maps";
      case "tcgen05" -> "tensor memory";
      case "tex", "tld4", "txq", "istypep" -> "textures";
      case "suld", "sust", "sured", "suq" -> "surfaces";
      default -> "";
    };
  }

  /** Of instructions that can be executed in other forms. */
  private static String part(Instruction in) {
    for (String modifier : in.modifiers()) {
      String need =
          switch (modifier) {
            case "bulk" -> "bulk copies";
            case "mbarrier", "mbarrier_init", "mbarrier::complete_tx::bytes" ->
                "barrier objects in memory";
            case "sync_restrict::shared::cluster", "sync_restrict::shared::cta" ->
                "clusters of blocks";
            case "cluster" -> in.opcode().equals("barrier") ? "clusters of blocks" : "";
            case "rs" -> in.opcode().equals("cvt") ? "rounding by random bits" : "";
            case "e2m1x2", "e2m1x4", "e2m3x2", "e2m3x4", "e3m2x2", "e3m2x4", "ue8m0x2" ->
                "formats of 4 and 6 bits and of scales";
            case "m16n16", "m8n16", "m16n8" ->
                in.opcode().endsWith("matrix") ? "matrices of single bytes" : "";
            default -> "";
          };
      if (!need.isEmpty()) {
        return need;
      }
    }
    return "";
  }

  /** What a function of the runtime would need; empty for any other. */
  static String function(String name) {
    if (name.startsWith("__cudaCDP2") || name.startsWith("cudaLaunchDevice")) {
      return "launches from a kernel: " + name;
    }
    return "";
  }
}
