package dev.lockstep.cli;

import dev.lockstep.train.TaskKind;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Options of {@code train} of which one makes another mean nothing. */
final class Contradictions {
  /** An option that means nothing beside another one. */
  private record Rule(String option, String other, Predicate<String> clash, String why) {}

  private static final List<Rule> RULES =
      List.of(
          new Rule("--beta1", "--optimizer", "sgd"::equals, "it is Adam's"),
          new Rule("--beta2", "--optimizer", "sgd"::equals, "it is Adam's"),
          new Rule("--epsilon", "--optimizer", "sgd"::equals, "it is Adam's"),
          new Rule("--momentum", "--optimizer", kind -> !kind.equals("sgd"), "it is SGD's"),
          new Rule("--nesterov", "--optimizer", kind -> !kind.equals("sgd"), "it is SGD's"),
          new Rule("--nesterov", "--momentum", "0.0"::equals, "there is none to go by"),
          new Rule("--final-lr", "--lr-schedule", "constant"::equals, "the rate does not fall"),
          new Rule("--decay-scope", "--weight-decay", "0.0"::equals, "nothing decays"),
          new Rule("--loss-scale", "--loss-scaling", "none"::equals, "the loss is not scaled"),
          new Rule("--loss-scale-growth", "--loss-scaling", "none"::equals, "there is no scale"),
          new Rule("--loss-scale-interval", "--loss-scaling", "none"::equals, "there is no scale"),
          new Rule("--loss-scale-backoff", "--loss-scaling", "none"::equals, "there is no scale"),
          new Rule("--temperature", "--sample", "0"::equals, "no text is generated"),
          new Rule(
              "--patience", "--validate-every", "0"::equals, "nothing is validated on the way"));

  private Contradictions() {}

  /**
   * Makes sure that what was asked for has an effect.
   *
   * @throws UserError naming two options of which one has none, or the one of another task
   */
  static void refuse(ParseResult given) {
    refuseTwice(given);
    String task = value(given, "--task");
    for (String knob : TaskKind.of(task).foreignWithModels()) {
      OptionSpec option = given.commandSpec().findOption("--" + ConfigFile.optionName(knob));
      if (option != null && given.hasMatchedOption(option)) {
        throw new UserError(option.names()[0] + " belongs to --task text, not to --task " + task);
      }
    }
    for (Rule rule : RULES) {
      String other = value(given, rule.other());
      if (given.hasMatchedOption(rule.option()) && rule.clash().test(other)) {
        throw new UserError(
            "%s has no effect with %s %s: %s"
                .formatted(rule.option(), rule.other(), other, rule.why()));
      }
    }
    boolean scale =
        given.matchedOptions().stream().anyMatch(o -> o.longestName().startsWith("--loss-scale"));
    String precision = value(given, "--precision");
    boolean auto = value(given, "--loss-scaling").equals("auto");
    if (scale && auto && !precision.equals("fp16")) {
      throw new UserError(
          "%s has no effect with --precision %s, which scales no loss; add --loss-scaling dynamic"
              .formatted(
                  given.matchedOptions().stream()
                      .map(option -> option.longestName())
                      .filter(name -> name.startsWith("--loss-scale"))
                      .findFirst()
                      .orElseThrow(),
                  precision));
    }
  }

  /** Of an option that comes again, the parser begins the options of its heading anew. */
  private static void refuseTwice(ParseResult given) {
    for (ArgGroupSpec group : given.commandSpec().argGroups()) {
      List<ParseResult.GroupMatch> matches =
          given.findMatches(group).stream().flatMap(each -> each.matches().stream()).toList();
      for (OptionSpec option : group.options()) {
        long times = matches.stream().filter(m -> !m.matchedValues(option).isEmpty()).count();
        if (times > 1) {
          throw new UserError(option.names()[0] + " should be specified only once");
        }
      }
    }
  }

  /** The value of an option, given or not, as people write it. */
  private static String value(ParseResult given, String option) {
    Object value = given.commandSpec().findOption(option).getValue();
    return String.valueOf(value).toLowerCase(Locale.ROOT);
  }
}
