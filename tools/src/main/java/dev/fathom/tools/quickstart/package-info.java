/** The whole of Fathom in two minutes, on data it renders itself: scenes, training, evaluation, prediction, report. */
package dev.fathom.tools.quickstart;
