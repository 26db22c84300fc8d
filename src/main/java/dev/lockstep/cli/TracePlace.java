package dev.lockstep.cli;

import dev.lockstep.device.Dim3;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The warp that {@code --trace} names. */
record TracePlace(Dim3 block, int warp) {
  private static final Pattern FORM =
      Pattern.compile("block=\\(?(\\d{1,10})(?:,(\\d{1,9}),(\\d{1,9}))?\\)?,warp=(\\d{1,9})");

  /**
   * Reads {@code block=B,warp=W}; one number counts blocks with x running fastest.
   *
   * @throws UserError for anything else
   */
  static TracePlace parse(String text, Dim3 grid) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new UserError(
          "--trace " + text + " must be block=B,warp=W, B being X,Y,Z or the number of a block");
    }
    int warp = Integer.parseInt(form.group(4));
    if (form.group(2) != null) {
      return new TracePlace(
          new Dim3(
              (int) Math.min(Long.parseLong(form.group(1)), Integer.MAX_VALUE),
              Integer.parseInt(form.group(2)),
              Integer.parseInt(form.group(3))),
          warp);
    }
    long block = Long.parseLong(form.group(1));
    long row = Math.max(1, grid.x());
    long plane = row * Math.max(1, grid.y());
    if (block / plane >= Math.max(1, grid.z())) {
      throw new UserError(
          "--trace: there is no block %d in a grid of %d".formatted(block, grid.count()));
    }
    return new TracePlace(
        new Dim3((int) (block % row), (int) (block % plane / row), (int) (block / plane)), warp);
  }
}
