package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs whose options come from a file. */
class ConfigFileTests {
  private static final String TINY =
      """
      steps = 1
      sample = 0
      seed = 7

      [model]
      context = 4
      embedding = 8
      width = 8
      hidden = 8
      blocks = 1
      tiedHead = true
      norm_placement = "post"

      [input]
      batch = 4
      data = "%s"
      """;

  @TempDir private Path folder;
  private String tiny = "";

  @BeforeEach
  void someText() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "So it goes. ".repeat(20));
    tiny = TINY.formatted(text.toString().replace('\\', '/'));
  }

  @Test
  void takesWhatTomlSaysAndPrintsIt() throws IOException {
    Run run = train("a.toml", tiny);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("seed=7", "batch=4", "model.tiedHead=true", "model.normPlacement=post");
  }

  @Test
  void optionsCountMoreThanTheFile() throws IOException {
    Run run = train("a.toml", tiny, "--seed", "8", "--no-tied-head", "--learning-rate", "0.5");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("seed=8", "model.tiedHead=false", "learningRate=0.5", "batch=4");
  }

  @Test
  void jsonIsTheSame() throws IOException {
    String text = folder.resolve("text").toString().replace('\\', '/');
    Run run =
        train(
            "a.json",
            """
            {"steps": 1, "sample": 0, "data": "%s",
             "model": {"context": 4, "width": 8, "hidden": 8, "blocks": 0, "dropout": 0.25}}
            """
                .formatted(text));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("model.dropout=0.25", "model.blocks=0");
  }

  /** So that what a run prints can be put in a file. */
  @Test
  void everyKnobARunPrintsIsAKey() throws IOException {
    // The first two are no choice; the third these tests make on the command line.
    Set<String> fixed = Set.of("model.vocabulary", "model.headBias", "out");
    List<String> unknown = new ArrayList<>();
    Set<String> knobs = new TreeSet<>(TrainConfig.builder().build().describe().keySet());
    knobs.removeAll(fixed);
    for (String knob : knobs) {
      String key = knob.replaceFirst("^model\\.", "");
      // A value no option takes: what is complained about is the value, not the key.
      Run run = train("a.toml", key + " = []\n");
      if (!run.err().contains(key + " is []")) {
        unknown.add(key);
      }
    }
    assertThat(unknown).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "stepz = 3                | there is no key \"stepz\"; did you mean steps?",
        "learningRat = 1          | there is no key \"learningRat\"; did you mean learning-rate?",
        "config = 'b.toml'        | there is no key \"config\"",
        "[optimizer]#width = 8    | width stands in [optimizer] and belongs in [model]",
        "[model]#json = 'x'       | json stands in [model] and belongs above all tables",
        "steps = 'many'           | 'many' is no whole number",
        "steps = []               | steps is []; it takes a number or a text",
        "tied-head = 1            | tied-head is 1; it takes true or false",
        "profile = false          | leave out profile instead of saying that it is false",
        "seed = 1#[model]#Seed = 2| \"Seed\" is there twice",
        "seed = 1#steps = 2#seed = 3#batch = 2| a.toml, line 3: \"seed\" is there twice",
        "[model]#width = 8#width = 9|a.toml, line 3: \"width\" is there twice",
        "'seed' = 1#out = 'a = b'#'seed' = 2#|a.toml, line 3: \"'seed'\" is there twice",
        "model = {width = 8, width = 9, blocks = 1}|a.toml, line 1: \"width\" is there twice",
        "steps = = 3              | a.toml, line 1: ",
        "precision = 'fp8'        | unknown precision \"fp8\"",
        "batch = 0                | batch 0 must be at least 1",
      })
  void whatIsWrongIsNamedInOneLine(String lines, String words) throws IOException {
    Run run = train("a.toml", lines.replace('#', '\n'));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errLines()).singleElement().asString().contains(words);
  }

  @Test
  void whatIsNoSuchFileOrNoSuchTableIsNamed() throws IOException {
    assertThat(Run.lockstep("train", "--config", folder.resolve("none.toml").toString()).err())
        .contains("none.toml cannot be read: there is no ");
    Path binary = Files.write(folder.resolve("binary.toml"), new byte[] {(byte) 0xff, 0});
    assertThat(Run.lockstep("train", "--config", binary.toString()).err())
        .contains("binary.toml cannot be read: it is not text in UTF-8");
    assertThat(train("a.yaml", "steps: 3").err()).contains("must end in .toml or .json");
    assertThat(train("a.json", "[1]").err()).contains("holds no keys");
    assertThat(train("a.toml", "seed = 1\nseed = 2 # a = 3\n\n").err())
        .contains("a.toml, line 2: \"seed\" is there twice");
    assertThat(train("a.json", "{\"steps\": 1,\n\"steps\": 2}").err())
        .contains("a.json, line 2: ", "\"steps\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "--momentum 0.5                      | --momentum has no effect with --optimizer adamw",
        "--optimizer sgd --beta1 0.5         | --beta1 has no effect with --optimizer sgd",
        "--lr-schedule constant --final-lr 0 | --final-lr has no effect with --lr-schedule"
            + " constant",
        "--loss-scale 8                      | --loss-scale has no effect with --precision bf16",
        "--precision fp16 --loss-scaling none --loss-scale 8 | --loss-scaling none",
        "--patience 3                        | --patience has no effect with --validate-every 0",
        "--sample 0 --temperature 1          | --temperature has no effect with --sample 0",
        "--weight-decay 0 --decay-scope all  | --decay-scope has no effect with --weight-decay 0.0",
      })
  void optionsThatContradictEachOtherAreBothNamed(String options, String words) {
    List<String> arguments = new ArrayList<>(List.of("train", "--device", "sim"));
    arguments.addAll(List.of(options.split(" ")));
    Run run = Run.lockstep(arguments.toArray(String[]::new));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errLines()).singleElement().asString().contains(words);
  }

  private Run train(String name, String content, String... more) throws IOException {
    Path file = Files.writeString(folder.resolve(name), content);
    List<String> arguments = new ArrayList<>(List.of("train", "--config", file.toString()));
    arguments.addAll(List.of("--device", "sim", "--out", folder.resolve("out").toString()));
    arguments.addAll(List.of(more));
    return Run.lockstep(arguments.toArray(String[]::new));
  }
}
