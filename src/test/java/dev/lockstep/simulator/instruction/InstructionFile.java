package dev.lockstep.simulator.instruction;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A PTX file that exercises one instruction form, and what it is expected to compute.
 *
 * <p>Its kernel {@code test(in, out)} runs in one block. Every thread reads its operands from
 * {@code in} and writes its results to {@code out}, eight bytes apart each. The header says with
 * what:
 *
 * <pre>
 *   // case 3f800000 40000000 -> 40400000        the same operands and results in every thread
 *   // case [00 01 … 1f] -> [1f 1e … 00]         a value for each thread
 *   // parameter 8001                            a kernel parameter after in and out
 *   // threads 64                                the size of the block, 32 if not said
 * </pre>
 *
 * Values are bits in hexadecimal, as wide as their digits. {@code nan64} is any NaN of that width.
 *
 * @param parameters values of the parameters after in and out
 */
record InstructionFile(
    String name,
    String ptx,
    int threads,
    List<LaneValues> parameters,
    List<InstructionCase> cases) {

  @Override
  public String toString() {
    return name;
  }

  /** All files, by name. */
  static List<InstructionFile> all() {
    try (Stream<Path> files = Files.list(folder())) {
      return files.sorted().map(InstructionFile::read).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file of one form. */
  static InstructionFile named(String form) {
    return read(folder().resolve(form + ".ptx"));
  }

  private static Path folder() {
    try {
      return Path.of(Objects.requireNonNull(InstructionFile.class.getResource("/ptx")).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static InstructionFile read(Path file) {
    String ptx;
    try {
      ptx = Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int threads = 32;
    List<LaneValues> parameters = new ArrayList<>();
    List<InstructionCase> cases = new ArrayList<>();
    for (String line : ptx.lines().toList()) {
      if (line.startsWith("// threads ")) {
        threads = Integer.parseInt(line.substring(11));
      } else if (line.startsWith("// parameter ")) {
        parameters.add(LaneValues.parse(line.substring(13)).getFirst());
      } else if (line.startsWith("// case ")) {
        cases.add(InstructionCase.parse(line.substring(8)));
      }
    }
    String name = file.getFileName().toString().replaceFirst("\\.ptx$", "");
    return new InstructionFile(name, ptx, threads, List.copyOf(parameters), List.copyOf(cases));
  }
}
