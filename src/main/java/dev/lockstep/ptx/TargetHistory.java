package dev.lockstep.ptx;

import java.util.Map;

/** From which version of PTX on a target exists (PTX ISA, release notes). */
final class TargetHistory {
  /** Architectures compatible with all of their family, {@code sm_100f}, are younger than it. */
  private static final String FAMILIES_FROM = "8.8";

  private static final Map<String, String> FROM =
      Map.ofEntries(
          Map.entry("sm_30", "3.0"),
          Map.entry("sm_32", "4.0"),
          Map.entry("sm_35", "3.1"),
          Map.entry("sm_37", "4.1"),
          Map.entry("sm_50", "4.0"),
          Map.entry("sm_52", "4.1"),
          Map.entry("sm_53", "4.2"),
          Map.entry("sm_60", "5.0"),
          Map.entry("sm_61", "5.0"),
          Map.entry("sm_62", "5.0"),
          Map.entry("sm_70", "6.0"),
          Map.entry("sm_72", "6.1"),
          Map.entry("sm_75", "6.3"),
          Map.entry("sm_80", "7.0"),
          Map.entry("sm_86", "7.1"),
          Map.entry("sm_87", "7.4"),
          Map.entry("sm_89", "7.8"),
          Map.entry("sm_90", "7.8"),
          Map.entry("sm_90a", "8.0"),
          Map.entry("sm_100", "8.6"),
          Map.entry("sm_103", "8.8"),
          Map.entry("sm_110", "9.0"),
          Map.entry("sm_120", "8.7"),
          Map.entry("sm_121", "8.8"));

  private TargetHistory() {}

  /** The first version that has the target, as {@code 7.8}; {@code 1.0} for one unknown here. */
  static String first(String target) {
    String own = FROM.get(target);
    if (own != null) {
      return own;
    }
    String general = FROM.getOrDefault(target.replaceFirst("[af]$", ""), "1.0");
    boolean family = target.endsWith("f") && general.compareTo(FAMILIES_FROM) < 0;
    return family ? FAMILIES_FROM : general;
  }
}
