package dev.lockstep.cli;

import dev.lockstep.device.Device;
import dev.lockstep.grill.Catalogue;
import dev.lockstep.grill.Drill;
import dev.lockstep.grill.LabResult;
import dev.lockstep.grill.Progress;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.profile.Columns;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Asks about neural networks, or runs the experiments that answer. */
@Command(
    name = "grill",
    description = {
      "Asks about neural networks, and shows after each answer what its experiment measured.",
      "At a terminal or in a pipe. Or runs the experiments themselves: every one holds the"
          + " answer that is",
      "commonly given to numbers that can fail it, with controls that must."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  lockstep grill                        ten questions: due ones first, then new ones",
      "  lockstep grill --topic losses --count 4",
      "  lockstep grill --list                 all questions, and how you stand",
      "  lockstep grill --lab q30              one experiment, with its picture",
      "  lockstep grill --all --report grill.html",
      "",
      "At the prompt: ? shows the formula, q ends; what was answered is kept.",
      "Cold is what was right at once, without ? and within 60 seconds (20 in quick fire).",
      "Exit codes: 1 an experiment did not come to its verdict, 2 wrong arguments."
    })
final class GrillCommand implements Callable<Integer> {
  /** The seed of experiments, unless another is given. */
  private static final long EXPERIMENTS = 1;

  /** Questions asked in one sitting. */
  private static final int COUNT = 10;

  @Mixin private final Console console = new Console();
  @Mixin private final DeviceSelection device = new DeviceSelection();

  @Option(
      names = "--lab",
      paramLabel = "NAME",
      description = "run one experiment: q30, or its name, sigmoid-vanishing")
  private @Nullable String lab;

  @Option(names = "--all", description = "run all experiments")
  private boolean all;

  @Option(names = "--list", description = "list the questions, and how you stand with each")
  private boolean list;

  @Option(
      names = "--topic",
      paramLabel = "NAME",
      description =
          "only questions of this topic: basics, activations, losses, backpropagation,"
              + " initialization, gradients, training, architectures, subtleties or quick-fire")
  private @Nullable Topic topic;

  @Option(names = "--count", paramLabel = "N", description = "questions to ask (default: 10)")
  private @Nullable Integer count;

  @Option(
      names = "--choices",
      description = "ask for one of four options each time; the score then takes guesses off")
  private boolean choices;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "of everything drawn: questions and their numbers, and in experiments data and weights"
              + " (default: 1 in experiments, another one each time in the drill)")
  private @Nullable Long seed;

  @Option(
      names = "--long",
      description =
          "the long form of experiments that have one, for some minutes: q5, q11, q35, q40, q59"
              + " and q60")
  private boolean longForm;

  @Option(
      names = "--progress",
      paramLabel = "FILE",
      description = "what you answered so far (default: lockstep/grill.json in your data folder)")
  private @Nullable Path progress;

  @Option(names = "--json", paramLabel = "FILE", description = "also write the results as JSON")
  private @Nullable Path json;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "also write the results as a page (HTML, one file)")
  private @Nullable Path report;

  @Option(
      names = "--theory",
      paramLabel = "FILE",
      description = "also write questions, answers and measured numbers as Markdown; with --all")
  private @Nullable Path theory;

  @Override
  public Integer call() {
    refuseContradictions();
    if (list) {
      return list();
    }
    return lab != null || all ? run() : drill();
  }

  private void refuseContradictions() {
    if (Stream.of(lab != null, all, list).filter(each -> each).count() > 1) {
      throw new UserError("--lab, --all and --list exclude each other; give one of them");
    }
    boolean experiments = lab != null || all;
    belongs(json != null, "--json", experiments, "--lab or --all");
    belongs(report != null, "--report", experiments, "--lab or --all");
    belongs(longForm, "--long", experiments, "--lab or --all");
    belongs(seed != null, "--seed", !list, "experiments and the drill");
    belongs(count != null, "--count", !experiments && !list, "the drill");
    belongs(choices, "--choices", !experiments && !list, "the drill");
    belongs(progress != null, "--progress", !experiments, "the drill and --list");
    belongs(theory != null, "--theory", all && topic == null, "--all without --topic");
    belongs(topic != null, "--topic", lab == null, "the drill, --all and --list");
    if (count != null && count < 1) {
      throw new UserError("--count " + count + " must be at least 1");
    }
  }

  private static void belongs(boolean given, String option, boolean fits, String where) {
    if (given && !fits) {
      throw new UserError(option + " belongs to " + where);
    }
  }

  private static Lab lab(String name) {
    List<String> known =
        Catalogue.labs().stream()
            .flatMap(each -> Stream.of(each.question().id(), each.question().slug()))
            .toList();
    String typed = name.toLowerCase(Locale.ROOT);
    return Catalogue.find(typed)
        .orElseThrow(
            () ->
                new UserError(
                    "--lab %s: there is none of that name%s"
                        .formatted(
                            name,
                            Nearest.to(typed, known)
                                .map(nearest -> "; did you mean " + nearest + "?")
                                .orElse("; --list shows all"))));
  }

  private int run() {
    List<Lab> labs =
        lab != null
            ? List.of(lab(lab))
            : Catalogue.labs().stream()
                .filter(each -> topic == null || each.question().topic() == topic)
                .toList();
    if (longForm && labs.stream().noneMatch(each -> Catalogue.withLongForm().contains(each))) {
      throw new UserError(
          "--long: none of these has a long form; those that have: "
              + Catalogue.withLongForm().stream()
                  .map(each -> each.question().id())
                  .collect(Collectors.joining(", ")));
    }
    try (LabFiles files = new LabFiles(json, report, theory);
        Device opened = device.open().device()) {
      Trial trial = new Trial(seed == null ? EXPERIMENTS : seed, longForm, opened);
      return new LabRun(trial, console.out()).run(labs, files);
    }
  }

  private int list() {
    Progress answered = progressFile().read(console.err());
    Columns table = new Columns();
    for (Lab each : Catalogue.labs()) {
      if (topic == null || each.question().topic() == topic) {
        Progress.Standing standing = answered.of(each);
        table.row(
            each.question().id(),
            each.question().slug(),
            standing == null ? "" : "box %d, due %s".formatted(standing.box(), standing.due()),
            each.question().asked());
      }
    }
    table.lines().forEach(line -> console.print("%s", line));
    return Lockstep.OK;
  }

  private ProgressFile progressFile() {
    return new ProgressFile(progress == null ? ProgressFile.standard() : progress);
  }

  private int drill() {
    ProgressFile file = progressFile();
    Progress answered = file.read(console.err());
    long drawn = seed == null ? ThreadLocalRandom.current().nextInt(1 << 16) : seed;
    LocalDate today = LocalDate.now();
    Draws draws = Draws.of(drawn);
    Drill.Form form = choices ? Drill.Form.CHOICES : Drill.Form.ALL;
    List<Drill.Card> cards =
        Drill.cards(answered, topic, count == null ? COUNT : count, form, today, draws);
    if (cards.isEmpty()) {
      console.print("nothing is due today; --list says what is when");
      return Lockstep.OK;
    }
    file.requireWritable();
    console.print("seed       %d", drawn);
    try (Device opened = device.open().device()) {
      // Experiments as they stand in the documentation; the seed draws what is asked.
      Trial trial = new Trial(EXPERIMENTS, false, opened);
      // Answers may come through a pipe; whoever opened standard input closes it.
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      new GrillSession(
              new Dialogue(in, console.out()),
              asked -> LabResult.of(asked, trial),
              file,
              answered,
              today,
              System::nanoTime)
          .ask(cards, draws.child("grading"));
    }
    return Lockstep.OK;
  }
}
