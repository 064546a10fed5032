/**
 * The words that passphrases are drawn from: 2,048 plain English ones of three to eight letters, no two of which share
 * their first four. Put together for this project: easy to read out and to spell, nothing that hurts. Loaded only by who needs it.
 */

export const words = `
able about above absent absorb accent accord acid acorn across action actor actual adapt adjust admire adobe adopt
adult advice aerial aerobic afford afraid after again agenda agile agree ahead airport alarm album alert algae alias
alike alive alley allow almanac almond alone alpine also alter alto always amateur amber amend among amount ample
amuse anchor ancient angle animal ankle annual another answer antique antler anvil anyone apart apiary apple apricot
apron aqua arch arctic area arena argue arise aroma around arrange arrow artist ascend ashore aside ask aspect asphalt
assist asteroid athlete atlas atom attach attic auburn auction august author autumn avenue avocado awake award away
awning axis axle azure baby bacon badge bag bagel bake balance ballet bamboo banana band bank banner barn base basin
basket bath battery bay bazaar beach bead beam bean beaver become bedroom bee before begin behave beige bell belong
bench bend benefit beret berry beside better between beyond bicycle big bike binder biology birch bird biscuit bison
bitter blade blaze blend blimp blink block bloom blossom blur boat bobcat body boil bold bolt bonfire bonnet bonus
book boost boot border borrow botany both bottle boulder bounce bowl box bracket brain branch brass brave breeze brick
brief bright bring brisk broad bronze brook broth brown brush bubble bucket budget buffalo bugle build bulb bulk
bundle bunny buoy bush busy butter buzz cabin cable cactus cadet cafe cage cake calcium calf call calm camel camp
canal candle canoe canteen canvas canyon cap capable captain car caramel carbon card care cargo caribou carpet carrot
carve cascade case cash castle cat cattle cause cave cedar celery cellar cement certain chain chalk channel chapter
charm chase cheek cherry chess chicken chief child chime chip choice chorus cider cinema circle citizen city civic
claim clap clarity class clay clean clerk clever client cliff climb clinic clip cloak clock clone cloth cloud clover
club clue coach coal coast coat cobalt cobweb cocoa code coffee coil coin cold collar column comb comet comfort common
compass concert cone confirm connect contact cook cool copper copy coral corner cosmic cost cosy cottage couch count
couple cousin cover coyote cradle craft crane crater crayon cream credit crew cricket crisp critic crocus crop crowd
cruise crust crystal cube cuckoo cuddle culture cup cupboard curb curious curl current curtain curve cushion custom
cute cycle cypress daffodil daily dairy daisy dance dapper dark dash data dawn day deal debate decade december decide
deck decline deep define degree delight delta demand denim dentist depart depth deputy derive design desk detail
develop device diagram dial diamond diary diesel diet differ dig digital dimple diner dinner diploma direct disc dish
ditch dive divide docile dock doctor dog dogwood dolphin domain donate door dose dot double dough dove down dozen
dragon drama draw dream dress drift drill drink drive drop drum dry dryer duck duet dugout dune durable during dusk
dust duty dynamo eager eagle ear early earn earth easel east easy echo eclipse ecology economy edge edit educate
effect effort egg eight either elastic elbow elder elegant element elephant elf elite elk elm embark ember emblem
embrace emerald emotion employ empty emu enable enamel encore end endless enemy energy engine enjoy enough enrich
ensure enter entire entry equal equip era erase errand escape essay estate eternal ethics event evident exact example
excess excite exhibit exist exit exotic expand expect explain express extend extra fabric face factor fade faith
falcon fall fame family fan fancy far farm fashion fast faucet feast feather federal feel fellow fence fern ferry
fetch fiction fiddle field fig figure file film filter final find fine finger finish fire firm first fish fit five fix
fjord flag flake flame flannel flap flash flat fleece flight flint flip float flock floor flow fluid flute fly foam
focus fog foil fold folk follow fond food foot force forest fork form fortune forum forward fossil foster found fox
frame free freight fresh friend frog front frost fruit fuel full fun funny furnace future gadget gain galaxy gallery
game gap garage garden garlic garment gas gather gauge gaze gear gem general genius gentle genuine gerbil gesture
geyser giant gift giggle ginger giraffe give glacier glad glance glass gleam glide glimpse globe glory glove glow glue
gnome goal goat goblet gold golf gondola good goose gopher gossip govern gown grace grain granite grape gravity green
grid grill grin grip grocery group grove growth guest guide guitar guppy gym gypsum hail half halo hamlet hammer
hamper hamster hand happy harmony harp harvest hat hatch hay hazel head health heart heat heavy hedge height helium
helmet help hen herb herd hero hexagon hidden high hike hill hinge hint hip hippo hire history hobby hockey hold
holiday hollow home honey hood hook hope horizon horn hostel hot hotel house hover hub huge human humble hundred
hurdle husky hybrid hydrogen hyphen ice icicle icon idea igloo ignite iguana image imitate immense impact import
improve inch include income indeed indigo indoor inform inhale initial inject ink inland inlet inner input inquiry
insect inside install intact invent invite inward iris iron island isolate issue italic item ivory ivy jacket jaguar
jam january jar jargon jasmine jazz jeans jelly jester jet jigsaw job jockey jog join joke jolly journey joy jug
juggle juice july jumbo jump june jungle junior jupiter kale karate kayak keen kennel kernel kettle key kick kilo
kimono kind king kiosk kitchen kite kitten kiwi knee knit knob knock koala kraft label lace ladder lady lagoon lake
lamb lamp land lane lantern lap large lark laser lasso late latin laugh launch laurel lava lawn layer leaf league lean
learn leather lecture ledge left legal legend leisure lemon lend length lens lentil leopard lesson letter level
liberty library license lid life lift light lilac lily limb lime limit linen linger link lion liquid list litter live
lizard llama loaf lobby lobster local lodge loft logic long loop loose lotus loud lounge loyal lucky luggage lullaby
lumber lunar lunch luxury lyre lyric machine magic magnet major make mallard mammoth manage mango manner manor mansion
mantle manual maple marble march margin marina market marsh mask mass master match math matter mature maximum mayor
meadow meal measure medal melody member memory mend mental menu merge merit merry message metal meteor method metric
middle mild mile milk mill mimic mind mineral minimum minnow minor mint minute miracle mirror misty mitten mix mixture
mobile model module moist molar moment monarch money monitor month moon moose moral morning mosaic moss moth motion
motor mountain mouse mouth move movie much muffin mural muscle museum music mustard mutual muzzle mystery myth nacho
nail name napkin narrow nation nature navy near neat nebula neck nectar neon nephew nest net network neutral new news
next nibble nice nickel niece nimble nine noble nod node noise nomad noodle noon normal north nose notable note notice
nougat noun novel now nozzle nuance nucleus number nurse nut nutmeg nylon oak oar oasis oat oatmeal obey object oblong
oboe observe obtain obvious ocean octagon october odd odyssey offer office often oil okay old olive olympic omega
omelet onion online onset onward opal open opera opinion opossum optic orange orbit orchard order oregano organ orient
origin osprey ostrich other otter ounce outcome outdoor outer outfit outline oval oven over owl own owner oxygen
oyster ozone pace pack paddle page paint palace palm pan pancake panda panel panorama pantry papaya paper paprika
parade parcel parent park parrot parsley part pass past patch path patient patrol patter pause pave paw pay pea peach
peak peanut pebble pecan pedal peel pelican pen pencil penguin peony people pepper perch perfect period permit person
pet petal phase phone photo phrase physics piano piccolo pick picnic picture pie pigeon pile pilgrim pillow pilot pin
pinch pine pink pint pioneer pipe pitch pivot pixel pizza place plaid plan plate play plaza plenty plot plug plum plus
pocket poem poet point polar polish pollen polo pond pony pool popcorn poppy popular porch port pose poster potato
pottery pouch poultry pound powder power prairie precise prefer present pretty prevent price pride primary print prism
private prize probably proceed produce profit program project promise proof proper protect proud prove public pudding
pueblo puffin pull pulse pumpkin pupil puppet pure purple purse push puzzle pyramid python quail quality quantum
quarter queen query quest quick quiet quilt quiver quiz quokka quota rabbit raccoon race rack radar radio raft rail
raisin rally ramp ranch random range rapid rate ratio rattle raven ravine ray reach real reason recall receipt recipe
record recycle reduce reef refer reflect refresh refund region regular relax relief rely remain remember remind remote
render renew rent repair repeat reply report request rescue resin resolve respect rest result retire return reveal
review reward rhino rhubarb rhyme rhythm ribbon rice rich ride ridge rigid rinse ripe ripple rise ritual rival river
roast robe robin robot robust rock rodeo romance roof rook room rope rose rotate rough round rover row rowboat royal
rubber ruby rudder rug rugby rule run runway rural rust rye saddle safari safe saffron saga sage salad salmon salon
salt salute same sample sand sap sardine satin sauce sauna sausage save saw scale scan scarf scatter school science
scoop scope score scout scrap screen script scroll seal search season seat seaweed second secret sector secure seed
seek segment seldom select self senate send senior sense sentence separate sequence series serve session set settle
seven shade shake shallow shampoo shape share sheep shelf shepherd sheriff shield shift shine ship shirt shoe shop
shore show shrimp shrub shuffle shy sibling side sierra sieve sift sign silence silk silver similar simple since sing
siren sister sit site six size skate sketch ski skill skin skip skirt sky skylark slab sled sleep sleigh slice slide
slim slipper slogan slope slot slow small smart smile smoke smooth snack snail snow soap soccer social soda sodium
sofa soft soil solar solid solo solve some sonar song soon soprano sort sound soup source south soy space spade spare
spatula speak special speech spell spend sphere spice spider spin spiral splash split sponge spoon sport spot spray
spread spring spruce spur square squid stable stadium staff stage stamp stand star state stay steady stem step stereo
stick still stir stitch stock stone stool stop store stove straw stream string strong student stuff style subject
sudden suffix sugar suggest suit summer sunday super supper sure surface survey sushi swallow swamp swan sweater sweet
swift swim swing switch swoop symbol symptom syrup system table tackle taco tadpole tailor take talent talk tall tango
tank tape target tarp task taste tavern taxi teach team teapot teeth telling temper ten tender tennis tent term
terrace test text thank theme theory thermal thick thimble thing thirst thistle thorn thought thread thrive throne
thumb thunder thyme tiara ticket tide tidy tie tiger tight tile till timber time tin tiny tip tissue title toast today
toffee together token tomato tone tongue tonight tool tooth top topaz topic topsoil torch tornado total touch tour
toward towel town toy trace trade traffic trail trap travel tray tree trek trend trial tribe trick trim trip trolley
trophy trout truck true truffle trumpet trunk trust truth try tuba tube tugboat tulip tuna tundra tune tunnel turbine
turkey turnip turtle tuxedo tweed twelve twenty twice twig twin twist type typical ultra umpire unable uncle under
unfold unicorn uniform unique unit unlock until unusual update upgrade uphill uplift upper upright upset upstairs
upward urban urge usable use useful usher utensil utility utmost vacant vacuum valid valley value valve van vanilla
variety vase vast vault vector vegan veggie velvet vendor venture venue veranda verb verify verse vertical very vessel
vest veteran viable vibrant victory video view village vine vintage vinyl violet virtue visa visible vista vital vivid
vocal voice volcano volume vote vowel voyage vulture waffle wage wagon wake walk wall walnut walrus waltz wander want
warble wardrobe warm warrior wash watch water wave wax wealth weave website wedding weed welcome well west wetland
wharf wheat wheel whisper white whole wide wife wild willow wind wing winner winter wire wisdom wise wish wizard wolf
wombat wonder woodland wool word work world worth wreath wren wrist yacht yak yard yarn yawn year yellow yes yet yield
yodel yoga young youth yucca zebra zeppelin zero zest zigzag zinc zipper zither zodiac zone zoo zoom
`
  .trim()
  .split(/\s+/);
