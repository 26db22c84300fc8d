package dev.lockstep.grill;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Prediction;
import dev.lockstep.grill.item.Recall;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Topic;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Chooses what is asked. */
public final class Drill {
  /** One in so many questions asks for an answer in one's own words. */
  private static final int RECALL = 6;

  private Drill() {}

  /** How questions are asked. */
  public enum Form {
    /** Each in one of the forms it has. */
    ALL,
    /** As a choice of four; every question has one. */
    CHOICES
  }

  /**
   * Something to ask, in the form it is asked.
   *
   * @param asked a calculation is asked as a number; where it comes as a choice it is one
   */
  public record Card(Lab lab, Item asked) {}

  /**
   * The cards of a session: due questions first, then new ones in an order drawn from the seed.
   *
   * @param topic of all of them; null takes all topics
   * @param count at most so many
   * @param form how they are asked
   */
  public static List<Card> cards(
      Progress progress,
      @Nullable Topic topic,
      int count,
      Form form,
      LocalDate today,
      Draws draws) {
    List<Lab> labs =
        Catalogue.labs().stream()
            .filter(lab -> topic == null || lab.question().topic() == topic)
            .toList();
    List<Lab> shuffled = new ArrayList<>();
    for (int index : draws.permutation(labs.size())) {
      shuffled.add(labs.get(index));
    }
    return progress.toAsk(shuffled, today).stream()
        .limit(count)
        .map(lab -> card(lab, form, draws.child(lab.question().id())))
        .toList();
  }

  /** One of a question's items, drawn anew. */
  public static Card card(Lab lab, Form form, Draws draws) {
    if (form == Form.CHOICES) {
      return new Card(lab, draws.oneOf(lab.items(draws).stream().flatMap(Drill::choice).toList()));
    }
    if (draws.below(RECALL) == 0) {
      return new Card(lab, new Recall(lab.question().asked(), lab.question().points()));
    }
    Item item = draws.oneOf(lab.items(draws));
    boolean choose = item instanceof Calculation && draws.chance(0.5);
    return new Card(lab, choose ? ((Calculation) item).asChoice() : item);
  }

  private static Stream<Choice> choice(Item item) {
    return switch (item) {
      case Choice choice -> Stream.of(choice);
      case Calculation calculation -> Stream.of(calculation.asChoice());
      case Derivation derivation -> Stream.empty();
      case Prediction prediction -> Stream.empty();
      case Recall recall -> Stream.empty();
    };
  }
}
