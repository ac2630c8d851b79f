/**
 * Pictures of a run as it goes: the same validation samples after every epoch, and the newest epoch's worst and best.
 * {@link dev.fathom.tools.panels.PanelLog} draws them into the run's {@code panels} folder, {@code PanelIndex} says
 * which file is what.
 */
package dev.fathom.tools.panels;
