package dev.lockstep.ptx;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where a variable lives or an access goes (PTX ISA 5.1). */
public enum StateSpace {
  GENERIC,
  GLOBAL,
  SHARED,
  LOCAL,
  CONST,
  PARAM;

  /**
   * The space a modifier such as {@code global} or {@code shared::cta} names, or null. Without
   * clusters a block is a cluster of its own, and {@code shared::cluster} is its own shared memory.
   */
  public static @Nullable StateSpace named(String modifier) {
    return switch (modifier) {
      case "global" -> GLOBAL;
      case "shared", "shared::cta", "shared::cluster" -> SHARED;
      case "local" -> LOCAL;
      case "const" -> CONST;
      case "param", "param::entry", "param::func" -> PARAM;
      default -> null;
    };
  }

  /** As written in PTX. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }
}
