package dev.lockstep.simulator.lowering;

/** What instructions that cannot be executed would need. */
final class Beyond {
  private Beyond() {}

  static String what(String opcode) {
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
      default -> "the instruction is not known";
    };
  }

  /** What a function of the runtime would need; empty for any other. */
  static String function(String name) {
    if (name.startsWith("__cudaCDP2") || name.startsWith("cudaLaunchDevice")) {
      return "launches from a kernel: " + name;
    }
    return "";
  }
}
