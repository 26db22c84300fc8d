package dev.lockstep.grill.lab;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.item.Item;
import java.util.List;

/** A question, the experiment that answers it, and what the drill asks about it. */
public interface Lab {
  /** The question and its answer. */
  Question question();

  /** Runs the experiment and its controls. The same seed gives the same bits. */
  Findings run(Trial trial);

  /**
   * What to ask, with parameters drawn anew. A {@link dev.lockstep.grill.item.Recall} of the
   * question's points is added by the drill.
   */
  List<Item> items(Draws draws);
}
