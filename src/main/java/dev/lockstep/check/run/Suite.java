package dev.lockstep.check.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Cases to be run one after another, read from JSON:
 *
 * <pre>{@code
 * {"cases": [{
 *   "name": "add", "ptx": "add.ptx", "entry": "add",
 *   "grid": [1,1,1], "block": [1,1,1], "sharedBytes": 1024,
 *   "args": [{"in": "0100000000000000"},
 *            {"out": 8, "expect": "0200000000000000"},
 *            {"inout": "0000803f", "expect": "0000803f", "compare": "f32", "rtol": 1e-6},
 *            {"type": "s32", "value": 7},
 *            {"bytes": "0102"}],
 *   "variables": [{"name": "coef", "in": "0000803f"},
 *                 {"name": "count", "inout": "00000000", "expect": "03000000"}]}]}
 * }</pre>
 *
 * <p>Buffers are hexadecimal digits in memory order, {@code out} is a number of bytes that start as
 * zero. {@code variables} are those of the module ({@code __constant__}, {@code __device__}), by
 * their names in the PTX or the source, with the keys of arguments; what is shorter than a variable
 * is its beginning, and an {@code out} one is not touched before the launch. Buffers are compared
 * bit for bit unless {@code compare} (of the argument, the case or the suite) names an element
 * type: then NaN equals NaN and {@code rtol} and {@code atol} count. {@code "fault":
 * "SharedMemoryRace"} expects that fault. {@code entry} may be left out where a file has one
 * kernel; {@code grid} and {@code block} may be one number. {@code sanitize}, {@code gpu}, {@code
 * schedule}, {@code approx}, {@code mma} and {@code stepLimit} stand in a case or in the suite and
 * mean what they mean on the command line. Keys for people ({@code comment}, {@code description},
 * {@code tags}, those that start with an underscore and a few more) are not looked at; any other
 * key is refused.
 */
public record Suite(List<SuiteCase> cases) {
  public Suite {
    cases = List.copyOf(cases);
  }

  /**
   * Reads a file; paths of its cases are relative to it.
   *
   * @throws IllegalArgumentException naming the place in the file that is wrong
   */
  public static Suite read(Path file) {
    byte[] json;
    try {
      json = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IllegalArgumentException(InputFile.problem(file, e), e);
    }
    try {
      return SuiteReader.read(json, file.toAbsolutePath().getParent());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }
}
