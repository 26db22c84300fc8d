package dev.lockstep.ptx;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parses {@code .loc}: which line of the source the instructions that follow come from. */
final class LocationParser {
  private final Lexer lexer;
  private final Map<Place, SourceLocation> inlined = new HashMap<>();
  private @Nullable SourceLocation location;

  LocationParser(Lexer lexer) {
    this.lexer = lexer;
  }

  /** What the last one said, or null. */
  @Nullable SourceLocation current() {
    return location;
  }

  /**
   * {@code .loc file line column [, function_name label, inlined_at file line column]}. Line 0 says
   * that the code is the compiler's own: it then counts to the line before.
   */
  void parse() {
    lexer.advance();
    Place place = place();
    SourceLocation callSite = null;
    if (lexer.at(',')) {
      functionName();
      callSite = callSite();
    }
    if (place.line == 0) {
      return;
    }
    location = new SourceLocation(place.file, place.line, place.column, callSite);
    if (callSite != null) {
      inlined.put(place, location);
    }
  }

  private Place place() {
    return new Place(
        Syntax.count(lexer, Integer.MAX_VALUE),
        Syntax.count(lexer, Integer.MAX_VALUE),
        Syntax.count(lexer, Integer.MAX_VALUE));
  }

  /** {@code , function_name label[+offset],}: the name of the inlined function, not needed. */
  private void functionName() {
    lexer.advance();
    Syntax.word(lexer, "function_name");
    Syntax.word(lexer, "a label");
    if (lexer.at('+')) {
      lexer.advance();
      Syntax.integer(lexer);
    }
    Syntax.expect(lexer, ',');
  }

  /** The call may itself be inlined code: its own {@code .loc} came earlier and says where. */
  private SourceLocation callSite() {
    Syntax.word(lexer, "inlined_at");
    Place at = place();
    SourceLocation known = inlined.get(at);
    return known != null ? known : new SourceLocation(at.file, at.line, at.column, null);
  }

  private record Place(int file, int line, int column) {}
}
