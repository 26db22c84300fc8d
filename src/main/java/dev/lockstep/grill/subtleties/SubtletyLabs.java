package dev.lockstep.grill.subtleties;

import dev.lockstep.grill.lab.Lab;
import java.util.List;

/** The subtle questions, in their order. */
public final class SubtletyLabs {
  private SubtletyLabs() {}

  /** One of each. */
  public static List<Lab> all() {
    return List.of(
        new LossGoesUp(), new Plateau(), new Overfitting(), new Forgetting(), new LotteryTicket());
  }
}
