return 2; // the commands follow
