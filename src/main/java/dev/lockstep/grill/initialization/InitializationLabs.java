package dev.lockstep.grill.initialization;

import dev.lockstep.grill.lab.Lab;
import java.util.List;

/** The questions on initialisation, in their order. */
public final class InitializationLabs {
  private InitializationLabs() {}

  /** One of each. */
  public static List<Lab> all() {
    return List.of(
        new InitGoal(),
        new LecunXavier(),
        new HeInit(),
        new Gpt2Init(),
        new ZeroInit(),
        new InitTooLarge());
  }
}
