#pragma once

namespace fracas::app {

// The program: wires the parts together and hands argv to the command line. Returns the exit code.
int Main(int argc, char** argv);

}  // namespace fracas::app
