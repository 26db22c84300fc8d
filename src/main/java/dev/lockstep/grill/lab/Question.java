package dev.lockstep.grill.lab;

import dev.lockstep.grill.evidence.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A question with the answer that is commonly given, and what is to be said of it.
 *
 * @param number from 1 to 60
 * @param slug its name in words, for example {@code sigmoid-vanishing}
 * @param asked the question itself
 * @param answer the answer commonly given
 * @param nuance what is loose or wrong in it; empty where nothing is
 * @param experiment what the lab does, and at what size
 * @param longForm what the lab does instead, or as well, where it may take its time; empty where it
 *     has no long form
 * @param points what a free answer must have, two to four
 * @param kernels cases of {@code lockstep check} whose kernels compute what the question is about
 * @param expected what the lab must come to
 */
public record Question(
    int number,
    String slug,
    Topic topic,
    String asked,
    Formula formula,
    String answer,
    String nuance,
    String experiment,
    String longForm,
    List<String> points,
    List<String> kernels,
    Verdict expected) {
  public Question {
    points = List.copyOf(points);
    kernels = List.copyOf(kernels);
  }

  /** For example {@code q30}. */
  public String id() {
    return "q" + number;
  }

  /** The answer, what is to be said of it, and what the lab does. */
  public List<String> sentences() {
    List<String> all = new ArrayList<>(List.of(answer));
    if (!nuance.isEmpty()) {
      all.add("But: " + nuance);
    }
    all.add("Experiment: " + experiment);
    if (!longForm.isEmpty()) {
      all.add("Long form, with --long: " + longForm);
    }
    return all;
  }

  /** Begins a question. */
  public static Builder number(int number, String slug, Topic topic) {
    return new Builder(number, slug, topic);
  }

  /** Collects the texts of a question; {@link #expects} ends it. */
  public static final class Builder {
    private final int number;
    private final String slug;
    private final Topic topic;
    private @Nullable String asked;
    private @Nullable Formula formula;
    private @Nullable String answer;
    private String nuance = "";
    private @Nullable String experiment;
    private String longForm = "";
    private List<String> points = List.of();
    private List<String> kernels = List.of();

    private Builder(int number, String slug, Topic topic) {
      this.number = number;
      this.slug = slug;
      this.topic = topic;
    }

    /** The question. */
    public Builder asks(String question) {
      asked = question;
      return this;
    }

    /** Its formula for a terminal and for pages. */
    public Builder formula(String text, String tex) {
      formula = new Formula(text, tex);
      return this;
    }

    /** The answer commonly given. */
    public Builder answer(String text) {
      answer = text;
      return this;
    }

    /** What is loose or wrong in it. */
    public Builder but(String text) {
      nuance = text;
      return this;
    }

    /** What the lab does. */
    public Builder experiment(String text) {
      experiment = text;
      return this;
    }

    /** What the lab does where it may take its time. */
    public Builder longForm(String text) {
      longForm = text;
      return this;
    }

    /** What a free answer must have. */
    public Builder points(String... all) {
      points = List.of(all);
      return this;
    }

    /** Cases of {@code lockstep check}, without their type, that run beside the lab. */
    public Builder kernels(String... cases) {
      kernels = List.of(cases);
      return this;
    }

    /** The whole question. */
    public Question expects(Verdict verdict) {
      return new Question(
          number,
          slug,
          topic,
          Objects.requireNonNull(asked),
          Objects.requireNonNull(formula),
          Objects.requireNonNull(answer),
          nuance,
          Objects.requireNonNull(experiment),
          longForm,
          points,
          kernels,
          verdict);
    }
  }
}
