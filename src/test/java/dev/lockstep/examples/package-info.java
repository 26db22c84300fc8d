/**
 * Programs that use Lockstep as a library, as {@code docs/library.md} shows them; the tests run
 * them and hold the page to them.
 */
@NullMarked
package dev.lockstep.examples;

import org.jspecify.annotations.NullMarked;
