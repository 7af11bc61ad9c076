#include "app/main.h"

int main(int argc, char** argv) { return fracas::app::Main(argc, argv); }
